//! The order in which one learner sees options: by a seed, the same every time.

use serde_json::Value;

use crate::Kind;

/// Sebastiano Vigna's SplitMix64: fixed for ever, unlike a library's generator.
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// Begins with `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next of its numbers.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of 0..n, each as likely; 0 for n = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        // floor(2^64 / n) · n, the rest would favour the first ones; 0 stands for 2^64.
        let bound = (u64::MAX - (u64::MAX % n + 1) % n).wrapping_add(1);
        loop {
            let x = self.number();
            if bound == 0 || x < bound {
                return x % n;
            }
        }
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in 0..list.len() {
            let left = u64::try_from(list.len() - at).unwrap_or(0);
            let step = usize::try_from(self.below(left)).unwrap_or(0);
            list.swap(at, at + step);
        }
    }
}

/// The body as the learner with this seed sees it. Items to be put in order are never shown in the
/// right one.
pub fn shown(kind: Kind, body: &Value, key: &Value, seed: u64) -> Value {
    let mut body = body.clone();
    let list = match kind {
        Kind::Choice | Kind::Choices => {
            let fixed = body.get("shuffle").and_then(Value::as_bool) == Some(false);
            if fixed { None } else { Some("options") }
        }
        Kind::Order => Some("items"),
        Kind::Match => Some("right"),
        Kind::Number | Kind::Text | Kind::Free | Kind::File => None,
    };
    let list = list.and_then(|name| body.get_mut(name)).and_then(Value::as_array_mut);
    let Some(list) = list else { return body };
    let order = key.get("order").and_then(Value::as_array).filter(|_| kind == Kind::Order);
    for again in 0..8 {
        SplitMix64::new(seed.wrapping_add(again)).shuffle(list);
        let solved = order.is_some_and(|order| {
            order.iter().zip(list.iter()).all(|(id, item)| Some(id) == item.get("id"))
        });
        if !solved {
            return body;
        }
    }
    // Two items may fall into order again and again: any other order will do.
    list.reverse();
    body
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        let mut numbers = SplitMix64::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| numbers.number()).collect();
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn four_of_ten_are_drawn_as_the_sheet_says() {
        for (seed, expected) in
            [(42, [4, 3, 5, 6]), (43, [1, 9, 10, 4]), (9_405_707_955_598_682_025, [1, 8, 3, 6])]
        {
            let mut list: Vec<u32> = (1..=10).collect();
            SplitMix64::new(seed).shuffle(&mut list);
            assert_eq!(list[..4], expected, "{seed}");
        }
    }

    proptest! {
        #[test]
        fn items_are_never_shown_in_the_right_order_and_none_is_lost(seed: u64, n in 2_usize..8) {
            let ids: Vec<String> = (0..n).map(|n| format!("i{n}")).collect();
            let items: Vec<Value> = ids.iter().map(|id| json!({"id": id, "text": ""})).collect();
            let shown = shown(Kind::Order, &json!({"items": items}), &json!({"order": ids}), seed);
            let mut order: Vec<String> = shown["items"].as_array().unwrap().iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()).collect();
            prop_assert_ne!(&order, &ids);
            order.sort();
            prop_assert_eq!(order, ids);
        }
    }
}
