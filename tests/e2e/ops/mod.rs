//! Running it: figures, logs, stopping, backups, roll-over, change of the master secret, all of these as commands, keys in a token, and what lies beside the
//! program: its dashboard, its unit, its licences.

mod backup;
mod commands;
mod dashboard;
mod logs;
mod metrics;
mod roll_over;
mod secret;
mod stopping;
mod token;
mod tree;
