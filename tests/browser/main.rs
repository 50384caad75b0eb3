//! People at a real browser: each file is something that they do, or something that every page must be.

#[cfg(test)]
mod sign_in;

#[cfg(test)]
mod phones;
#[cfg(test)]
mod photos;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod slip_story;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod whole_class;

#[cfg(test)]
mod every_page;
#[cfg(test)]
mod judged;
#[cfg(test)]
mod markup;
