//! The commands of the one binary. They talk to a person, so they print.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod accounts;
mod demo;
mod doctor;
mod media_move;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use media::worker::{WorkerArgs, run_worker};
use secrecy::ExposeSecret as _;

use crate::app::App;
use crate::boot::{self, Overrides};
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::telemetry;
use crate::{video, wiring};

/// A learning marketplace and online school in one server.
#[derive(Debug, Parser)]
#[command(name = "ilmspace", version)]
struct Args {
    /// A configuration file that overrides the defaults.
    #[arg(long, env = "ILM_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until Ctrl-C or SIGTERM.
    Serve {
        /// Brings the schema up to date first.
        #[arg(long)]
        migrate: bool,
    },
    /// Brings the schema up to date.
    Migrate,
    /// Fills an empty database with the demo school and prints its accounts.
    Demo {
        /// Films of two seconds each: to see quickly whether the set-up works.
        #[arg(long)]
        brief: bool,
    },
    /// Makes a moderator's account (they cannot register through the interface).
    CreateModerator {
        #[command(flatten)]
        account: accounts::Account,
        /// What the moderator may do.
        #[arg(long, value_enum, default_value = "both")]
        bundle: accounts::Bundle,
    },
    /// Makes an admin's account.
    CreateAdmin {
        #[command(flatten)]
        account: accounts::Account,
        /// A super admin, whom nobody can make otherwise.
        #[arg(long = "super")]
        super_admin: bool,
    },
    /// Keys that can be changed while everything runs.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Says what is well and what is not, each with the next step.
    Doctor,
    /// Looks after the object store.
    #[command(subcommand)]
    Media(Media),
    /// Prints the OpenAPI document.
    Openapi,
    /// Reads one uploaded file in a sandbox; started by the server itself.
    #[command(hide = true)]
    MediaWorker {
        /// The file to read.
        #[arg(long)]
        input: PathBuf,
        /// An empty directory to write to.
        #[arg(long)]
        out: PathBuf,
        /// Tries what must not work, and says what happened.
        #[arg(long)]
        self_test: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Media {
    /// Carries every object from one store to the other, verified by SHA-256. Broken off, it is
    /// started again: what is there and equal stays.
    Move(media_move::Move),
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Seals the keys of all video segments under the first of secrets.master_keys. Can be broken off
    /// and begun again.
    Rotate {
        /// Keys in a transaction.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        batch: u32,
    },
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match args.command {
        Command::Openapi => return print_openapi(),
        // Before any thread starts: the sandbox must hold for all of them.
        Command::MediaWorker { input, out, self_test } => {
            return ExitCode::from(run_worker(&WorkerArgs { input, out, self_test }));
        }
        _ => {}
    }
    let config = match Config::load(args.config.as_deref()) {
        Ok(mut config) => {
            // A command that prints for a person does not also print a line a request.
            if !matches!(args.command, Command::Serve { .. }) {
                "error".clone_into(&mut config.log.filter);
            }
            config
        }
        Err(error) => return fail(&error.to_string()),
    };
    telemetry::init(&config.log);
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let system = match runtime() {
        Ok(first) => {
            drop(first);
            // The builder above has just succeeded; a failure here could only be exhaustion.
            actix_rt::System::with_tokio_rt(move || match runtime() {
                Ok(runtime) => runtime,
                Err(error) => {
                    eprintln!("the runtime cannot start: {error}");
                    std::process::exit(1)
                }
            })
        }
        Err(error) => return fail(&format!("the runtime cannot start: {error}")),
    };
    let result = system.block_on(async move {
        match args.command {
            Command::Serve { migrate } => serve::run(config, migrate).await,
            Command::Migrate => migrate(&config).await,
            Command::Demo { brief } => demo::run(config, brief).await,
            Command::CreateModerator { account, bundle } => {
                accounts::create_moderator(config, account, bundle).await
            }
            Command::CreateAdmin { account, super_admin } => {
                accounts::create_admin(config, account, super_admin).await
            }
            Command::Keys { command: KeysCommand::Rotate { batch } } => rotate(config, batch).await,
            Command::Doctor => doctor::run(config).await,
            Command::Media(Media::Move(order)) => media_move::run(&config, &order).await,
            Command::Openapi | Command::MediaWorker { .. } => Ok(()),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => fail(&text),
    }
}

fn fail(text: &str) -> ExitCode {
    eprintln!("ilmspace: {text}");
    ExitCode::FAILURE
}

fn print_openapi() -> ExitCode {
    match wiring::openapi().to_pretty_json() {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}

async fn migrate(config: &Config) -> Result<(), String> {
    let ran = Db::migrate(config.database.url.expose_secret())
        .await
        .map_err(|error| error.to_string())?;
    for name in &ran {
        println!("migrated {name}");
    }
    println!("the schema is up to date");
    Ok(())
}

async fn rotate(config: Config, batch: u32) -> Result<(), String> {
    let app = app(config).await?;
    let done =
        video::rotate_keys(&app, batch, |sofar| println!("{} keys sealed anew", sofar.resealed))
            .await
            .map_err(|problem| problem.to_string())?;
    for (version, count) in &done.versions {
        println!("{count} keys under master key {version}");
    }
    if done.is_complete() {
        println!("all keys are sealed under master key {}", done.version);
        return Ok(());
    }
    Err(format!(
        "{} keys cannot be opened by any of secrets.master_keys; keep every master key until this ends well",
        done.unreadable
    ))
}

/// The application for a command.
async fn app(config: Config) -> Result<App, String> {
    boot::app(config, Overrides::default()).await.map_err(|error| error.to_string())
}
