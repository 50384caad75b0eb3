//! Accounts of staff from the command line.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use crate::accounts::{Accounts, NewAccount, Post};
use crate::app::{AppError, Surroundings};
use crate::config::Given;
use crate::store::tables::staff::Role;

#[derive(Subcommand)]
pub(super) enum StaffCommand {
    /// Make an account with a random password and an API token
    Add {
        #[command(flatten)]
        given: Given,
        /// What is typed at sign-in
        #[arg(long)]
        login: String,
        /// What the person is
        #[arg(long, value_enum, default_value = "clerk")]
        role: RoleName,
        /// RSPO of the only school that it acts for; every school without it
        #[arg(long)]
        school: Option<u32>,
        /// A tutor's own class
        #[arg(long)]
        class: Option<String>,
        /// Given name and surname
        #[arg(long)]
        name: Option<String>,
    },
    /// List accounts
    List {
        #[command(flatten)]
        given: Given,
    },
    /// Make another API token for an account
    Token {
        #[command(flatten)]
        given: Given,
        /// Whose
        #[arg(long)]
        login: String,
        /// What it is for
        #[arg(long)]
        name: String,
    },
    /// Close an account and take its tokens back
    End {
        #[command(flatten)]
        given: Given,
        /// Whose
        #[arg(long)]
        login: String,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum RoleName {
    Principal,
    Clerk,
    Tutor,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Principal => Self::Principal,
            RoleName::Clerk => Self::Clerk,
            RoleName::Tutor => Self::Tutor,
        }
    }
}

pub(super) async fn run(command: StaffCommand, file: &Given, json: bool) -> Result<ExitCode, AppError> {
    let open = async |given: Given| Accounts::open(&given.or(file.clone()), &Surroundings::system()).await;
    match command {
        StaffCommand::Add { given, login, role, school, class, name } => {
            let post = Post { rspo: school, full_name: name, class_name: class };
            show(&open(given).await?.enter_at(&login, role.into(), post).await?, json);
        }
        StaffCommand::List { given } => {
            for staff in open(given).await?.all().await? {
                let standing = if staff.ended_at.is_some() { "closed" } else { "open" };
                if json {
                    let line = json!({ "login": staff.login, "role": staff.role, "standing": standing });
                    println!("{line}");
                } else {
                    println!("{:<24} {:<10} {standing}", staff.login, staff.role.word());
                }
            }
        }
        StaffCommand::Token { given, login, name } => {
            let token = open(given).await?.token_for(&login, &name).await?;
            if json {
                println!("{}", json!({ "login": login, "api_token": token }));
            } else {
                println!("API token     {}", token.expose());
            }
        }
        StaffCommand::End { given, login } => open(given).await?.end(&login).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a new account's secrets, this once.
pub(super) fn show(account: &NewAccount, json: bool) {
    if json {
        let line =
            json!({ "login": account.login, "password": account.password, "api_token": account.api_token });
        println!("{line}");
    } else {
        println!("login         {}", account.login);
        println!("password      {}", account.password.expose());
        println!("API token     {}", account.api_token.expose());
    }
}
