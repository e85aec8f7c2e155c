//! Merging, deciding and reading decisions back, against the real git.

mod decide;
mod foreign;
mod hooks;
mod origin;
mod random;
mod repository;
mod tree;
mod work_tree;
