//! The one binary.

fn main() -> std::process::ExitCode {
    ilmspace::cli::main()
}
