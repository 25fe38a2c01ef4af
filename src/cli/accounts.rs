//! `create-moderator` and `create-admin` (IDN-23): accounts that cannot be registered through the
//! interface. The operator vouches for the address, so no code is asked for.

use std::io::BufRead as _;

use clap::{Args, ValueEnum};

use crate::identity::{self, Role, VouchedAccount};
use crate::platform::config::Config;
use crate::platform::http::Problem;

/// What the account is made of.
#[derive(Args)]
pub(super) struct Account {
    /// The address that they sign in with.
    #[arg(long)]
    email: String,
    /// At least 15 characters; `-` reads it from the standard input, out of sight of `ps`.
    #[arg(long, env = "ILM_ACCOUNT_PASSWORD", hide_env_values = true)]
    password: String,
    /// Shown to others.
    #[arg(long)]
    first_name: Option<String>,
    /// Shown to others.
    #[arg(long, default_value = "")]
    last_name: String,
    /// Language of mails to them: uz, ru, en or he; the site's own if left out.
    #[arg(long)]
    locale: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("email", &self.email).finish_non_exhaustive()
    }
}

/// What a moderator may do (IDN-04: two bundles, granted apart or together).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Bundle {
    /// Edits tasks, sees statistics, answers students, sends broadcasts.
    Curation,
    /// Inspects the content of courses and blocks them with a reason.
    Trust,
    /// Both.
    Both,
}

/// Makes a moderator.
pub(super) async fn create_moderator(
    config: Config,
    account: Account,
    bundle: Bundle,
) -> Result<(), String> {
    let roles: &[Role] = match bundle {
        Bundle::Curation => &[Role::Curator],
        Bundle::Trust => &[Role::Moderator],
        Bundle::Both => &[Role::Curator, Role::Moderator],
    };
    create(config, account, "Moderator", roles).await
}

/// Makes an admin, or a super admin, whom nobody can make otherwise.
pub(super) async fn create_admin(
    config: Config,
    account: Account,
    super_admin: bool,
) -> Result<(), String> {
    let role = if super_admin { Role::SuperAdmin } else { Role::Admin };
    create(config, account, "Admin", &[role]).await
}

async fn create(
    config: Config,
    account: Account,
    called: &str,
    roles: &[Role],
) -> Result<(), String> {
    let locale = account.locale.unwrap_or_else(|| config.site.default_locale.clone());
    let password = if account.password == "-" { read_line()? } else { account.password };
    let app = super::app(config).await?;
    let made = VouchedAccount {
        email: &account.email,
        password: &password,
        first_name: account.first_name.as_deref().unwrap_or(called),
        last_name: &account.last_name,
        locale: &locale,
        roles,
    };
    let id = identity::create_account(&app, made).await.map_err(|problem| explain(&problem))?;
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    println!("{} can sign in now as {} ({id})", account.email, names.join(" and "));
    Ok(())
}

fn read_line() -> Result<String, String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| error.to_string())?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        Err("the standard input holds no password".into())
    } else {
        Ok(password)
    }
}

/// A problem as a person at a terminal reads it.
fn explain(problem: &Problem) -> String {
    let doc = problem.doc();
    if doc.errors.is_empty() {
        return doc.detail.unwrap_or(doc.title);
    }
    let faults = doc.errors.iter().map(|fault| format!("{}: {}", fault.field, fault.message));
    faults.collect::<Vec<_>>().join("\n")
}
