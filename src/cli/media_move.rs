//! `media move`: from a directory to S3 or back, with the stores that the configuration describes.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use media::storage::{ObjectStore, Transfer, TransferReport};

use crate::boot;
use crate::platform::config::{Config, StorageKind};
use crate::platform::secrets::Secrets;

/// How often it says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// What is to be carried where.
#[derive(Debug, Args)]
pub struct Move {
    /// The store that has the objects.
    #[arg(long, value_enum)]
    from: Kind,
    /// The store that gets them.
    #[arg(long, value_enum)]
    to: Kind,
    /// Says what would be done, by length alone, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Removes the objects from the first store when all of them are verified in the second.
    #[arg(long, conflicts_with = "dry_run")]
    delete: bool,
    /// Objects carried at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    at_once: u8,
}

/// A kind of store, as a person calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// `storage.directory`.
    Disk,
    /// `storage.s3`.
    S3,
}

impl Kind {
    async fn open(
        self,
        config: &Config,
        secrets: &Secrets,
    ) -> Result<Arc<dyn ObjectStore>, String> {
        let kind = match self {
            Self::Disk => StorageKind::Directory,
            Self::S3 => StorageKind::S3,
        };
        let store = boot::object_store(kind, config, secrets).await;
        let store = store.map_err(|error| error.to_string())?;
        store.health().await.map_err(|error| format!("{self:?}: {error}"))?;
        Ok(store)
    }
}

/// Does what `order` says; the error is a list of what failed.
pub async fn run(config: &Config, order: &Move) -> Result<(), String> {
    if order.from == order.to {
        return Err("--from and --to name the same store".into());
    }
    let secrets = Secrets::load(&config.secrets).map_err(|error| error.to_string())?;
    let from = order.from.open(config, &secrets).await?;
    let to = order.to.open(config, &secrets).await?;
    let transfer = Transfer::new(from, to, usize::from(order.at_once));
    let unlisted = |error| format!("the objects cannot be listed: {error}");
    let total = transfer.measure().await.map_err(unlisted)?;
    println!("{} objects, {}", total.0, size(total.1));
    if order.dry_run {
        let report = transfer.dry_run().await.map_err(unlisted)?;
        println!(
            "would carry {} objects ({}); {} are there with the same length, and would be compared",
            report.copied,
            size(report.copied_bytes),
            report.equal,
        );
        return failures(&report);
    }
    let stop = transfer.stop_handle();
    let watch = tokio::spawn(async move {
        // Without a handler the signal ends the process at once: no harm is done either.
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("finishing the objects under way …");
            stop.cancel();
        }
    });
    let mut report = {
        let mut work = std::pin::pin!(transfer.run());
        loop {
            tokio::select! {
                report = &mut work => break report.map_err(unlisted)?,
                () = tokio::time::sleep(TELL_EVERY) => tell(&transfer, total),
            }
        }
    };
    watch.abort();
    println!(
        "carried {} objects ({}), {} were there already; all were compared",
        report.copied,
        size(report.copied_bytes),
        report.equal,
    );
    failures(&report)?;
    if report.stopped {
        return Err("stopped before the end: start it again, and it goes on".into());
    }
    if order.delete {
        transfer.delete_sources(&mut report).await.map_err(unlisted)?;
        println!("removed {} objects from the first store", report.deleted);
    }
    failures(&report)
}

fn tell(transfer: &Transfer, (objects, bytes): (u64, u64)) {
    let (done, carried) = transfer.progress();
    let percent = carried.saturating_mul(100) / bytes.max(1);
    println!("{done} of {objects} objects, {} of {} ({percent} %)", size(carried), size(bytes));
}

fn failures(report: &TransferReport) -> Result<(), String> {
    for failure in &report.failures {
        eprintln!("failed {}: {}", failure.key, failure.why);
    }
    match report.failures.len() {
        0 => Ok(()),
        1 => Err("one object failed; nothing else is lost: start it again".into()),
        more => Err(format!("{more} objects failed; nothing else is lost: start it again")),
    }
}

/// Bytes for a person.
fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let unit_name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {unit_name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1_023), "1023 B");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(5 << 40), "5.0 TiB");
        assert_eq!(size(5_000 << 40), "5000.0 TiB");
    }
}
