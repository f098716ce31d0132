//! Executes a program: values bit for bit, cycle for cycle.
