//! The catalogue's documents, and a program's own instruments in it.

mod a_programs_own_instruments_are_served_beside_ours;
mod the_catalogue_is_documented;
