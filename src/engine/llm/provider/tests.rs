//! Bodies and replies of every interface.
