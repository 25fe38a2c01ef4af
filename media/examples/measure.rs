//! Measures the transcode for docs/performance.md: time from the start to the first playable
//! segment, speed, and bytes of each rendition.
//!
//! `cargo run --release -p media --example measure [FILE]`; without a file a Full HD clip of 30
//! seconds is made first.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use media::demo::{DemoScene, make_demo_video};
use media::transcode::{Event, transcode};
use media::worker::WorkerOrder;

fn main() -> Result<(), Box<dyn Error>> {
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => {
            let path = std::env::temp_dir().join("ilmspace-measure.mp4");
            let scene = DemoScene {
                title: "A lesson to measure".into(),
                seconds: 30,
                seed: 1,
                speech: Some("This is how fast a lesson becomes watchable.".into()),
                size: (1920, 1080),
            };
            let start = Instant::now();
            make_demo_video(&path, &scene)?;
            println!("the clip took {:.1} s to make", start.elapsed().as_secs_f64());
            path
        }
    };
    let start = Instant::now();
    let mut firsts: BTreeMap<String, f64> = BTreeMap::new();
    let mut bytes: BTreeMap<String, u64> = BTreeMap::new();
    let done = transcode(&path, &WorkerOrder::new(), &mut |event| {
        if let Event::Segment { rendition, bytes: body, .. } = event {
            firsts.entry(rendition.clone()).or_insert(start.elapsed().as_secs_f64());
            *bytes.entry(rendition).or_default() += body.len() as u64;
        }
        Ok(())
    })?;
    let (worked, long) = (start.elapsed().as_secs_f64(), done.duration_us as f64 / 1e6);
    println!("{long:.1} s of media in {worked:.1} s: {:.2} times real time", long / worked);
    for (name, first) in firsts {
        let rate = bytes.get(&name).copied().unwrap_or(0) as f64 * 8.0 / long / 1_000.0;
        println!("{name:>6}: first segment after {first:.2} s, {rate:.0} kbit/s");
    }
    Ok(())
}
