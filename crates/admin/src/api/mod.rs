//! The administration interface: verbs over HTTP/1.1, with JSON both ways.
//!
//! | Request | Answer |
//! |---|---|
//! | `POST /v1/verbs/New-Mailbox`, parameters as a JSON object, `?WhatIf=true` | [`Reply`](crate::verb::Reply) |
//! | `GET /v1/verbs` | the verbs that the caller may run |
//! | `GET /v1/openapi.json` | the same as an OpenAPI 3.1 document |
//! | `GET /metrics` | what the server counts, in Prometheus' text format |
//! | `GET /health/live`, `GET /health/ready` | 200 or 503, for everybody |
//! | `GET /health/components` | how the server's parts are |
//! | `GET /v1/slow-operations` | what took long |
//!
//! An error is `{"error": {"code": "NotFound", "message": "…"}}` with a fitting status.
//!
//! What this is not: it opens no socket; streams come from crate `net`, listeners from crate
//! `roles`. [`Api`] knows no HTTP library, only [`serve`] and [`Client`] do.
//!
//! Invariants: no request is looked at before its caller is known, but whether the server lives
//! and is ready, which is for everybody. A verb runs only for
//! `application/json`, which no page of another site can send with a browser's credentials.
//! What was begun is finished although the client goes away, so that it is audited.

mod answer;
mod basic;
mod client;
mod failure;
mod health;
mod local_user;
mod openapi;
mod server;

pub use answer::{Answer, Api, Body, Request};
pub(crate) use answer::{Asked, METRICS, SLOW_OPERATIONS};
pub use client::{Client, ClientError};
pub use failure::Failure;
pub use local_user::local_caller;
pub use openapi::document;
pub use server::{Who, serve};

/// The name of the socket in the data directory of a running server.
pub const SOCKET_NAME: &str = "admin.socket";
