//! The order of modules and lessons, given whole in one request. Pure.
//!
//! The request must name exactly what the course holds: if another tab added or removed something
//! meanwhile, the order is stale and nothing moves.

use std::collections::HashSet;

use uuid::Uuid;

/// One module and its lessons, in the wanted order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleOrder {
    /// The module.
    pub id: Uuid,
    /// Its lessons; they may come from other modules.
    pub lessons: Vec<Uuid>,
}

/// The order does not name exactly the modules and lessons that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the order is stale")]
pub struct StaleOrder;

/// Whether `wanted` is a permutation of what the course holds.
pub fn check(
    wanted: &[ModuleOrder],
    modules: &HashSet<Uuid>,
    lessons: &HashSet<Uuid>,
) -> Result<(), StaleOrder> {
    let mut seen_modules = HashSet::new();
    let mut seen_lessons = HashSet::new();
    for module in wanted {
        if !modules.contains(&module.id) || !seen_modules.insert(module.id) {
            return Err(StaleOrder);
        }
        for lesson in &module.lessons {
            if !lessons.contains(lesson) || !seen_lessons.insert(*lesson) {
                return Err(StaleOrder);
            }
        }
    }
    let whole = seen_modules.len() == modules.len() && seen_lessons.len() == lessons.len();
    whole.then_some(()).ok_or(StaleOrder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u128]) -> HashSet<Uuid> {
        numbers.iter().copied().map(Uuid::from_u128).collect()
    }

    fn order(modules: &[(u128, &[u128])]) -> Vec<ModuleOrder> {
        modules
            .iter()
            .map(|(id, lessons)| ModuleOrder {
                id: Uuid::from_u128(*id),
                lessons: lessons.iter().copied().map(Uuid::from_u128).collect(),
            })
            .collect()
    }

    /// TCH-04
    #[test]
    fn lessons_may_move_within_and_between_modules() {
        let (modules, lessons) = (ids(&[1, 2]), ids(&[11, 12, 21]));
        assert_eq!(check(&order(&[(2, &[21, 11]), (1, &[12])]), &modules, &lessons), Ok(()));
        assert_eq!(check(&order(&[(1, &[]), (2, &[12, 21, 11])]), &modules, &lessons), Ok(()));
    }

    /// TCH-04
    #[test]
    fn an_order_that_leaves_out_doubles_or_invents_is_stale() {
        let (modules, lessons) = (ids(&[1, 2]), ids(&[11, 12, 21]));
        for stale in [
            order(&[(1, &[11, 12, 21])]),
            order(&[(1, &[11, 12]), (2, &[])]),
            order(&[(1, &[11, 12]), (2, &[21, 11])]),
            order(&[(1, &[11, 12]), (2, &[21]), (1, &[])]),
            order(&[(1, &[11, 12]), (3, &[21])]),
            order(&[(1, &[11, 12]), (2, &[21, 22])]),
        ] {
            assert_eq!(check(&stale, &modules, &lessons), Err(StaleOrder));
        }
    }
}
