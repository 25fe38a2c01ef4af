//! The worker as a program of its own, for this crate's tests: the product runs the same entry as
//! `ilmspace media-worker`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let mut args = media::worker::WorkerArgs {
        input: Default::default(),
        out: Default::default(),
        self_test: false,
    };
    while let Some(name) = arguments.next() {
        match name.to_str() {
            Some("--input") => args.input = arguments.next().unwrap_or_default().into(),
            Some("--out") => args.out = arguments.next().unwrap_or_default().into(),
            Some("--self-test") => args.self_test = true,
            _ => return ExitCode::from(2),
        }
    }
    ExitCode::from(media::worker::run_worker(&args))
}
