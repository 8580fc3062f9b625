//! What the rules find in small processes, and what they leave alone.

mod cancelling;
mod deadlocks;
mod dynamic;
mod enders;
mod ends;
mod given_back;
mod graphs;
mod greenlets;
mod healthy;
mod implicit;
mod internal;
mod leaks;
mod lines;
mod orphans;
mod outside;
mod processes;
mod reached;
mod register;
mod steps;
mod trio;
mod variable_calls;
