//! Claims: by hand, and against brute force over a whole universe of pods.

mod brute;
mod by_hand;
mod reports;
mod size;
mod universe;
