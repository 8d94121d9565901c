//! `dumphttp`: HTTP requests of `HttpClient`.

use clap::Args;
use clrscope::analyze::{HttpRequest, http_requests, knows_class_library};
use clrscope_report::verbs::dumphttp;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Which requests.
#[derive(Debug, Args)]
pub(crate) struct DumpHttp {
    /// Counts by method, status and host only
    #[arg(long, visible_alias = "stat")]
    stats: bool,

    /// Requests without a response
    #[arg(long)]
    pending: bool,

    /// Requests with a response
    #[arg(long, conflicts_with = "pending")]
    completed: bool,

    /// Requests whose address contains this text
    #[arg(long, value_name = "TEXT")]
    uri: Option<String>,

    /// Requests whose response has this status
    #[arg(long = "statuscode", value_name = "N")]
    status: Option<i64>,
}

impl DumpHttp {
    fn wants(&self, request: &HttpRequest) -> bool {
        !(self.pending && request.status.is_some() || self.completed && request.status.is_none())
            && self.status.is_none_or(|status| request.status == Some(status))
            && self.uri.as_ref().is_none_or(|text| {
                request.uri.as_ref().is_some_and(|uri| uri.contains(text.as_str()))
            })
    }
}

impl Action for DumpHttp {
    const NAME: &'static str = "dumphttp";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "HTTP requests of HttpClient, with the status of their responses";
    const EXAMPLES: &'static str = "
        clrscope dumphttp app.dmp -stats
        clrscope dumphttp app.dmp -pending -uri api.example
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, issues) = context.objects()?;
        let found = http_requests(&objects, context.types()?, &context.control())?;
        let Some(mut found) = found else {
            if !knows_class_library(context.types()?) {
                let why =
                    "the names of the types of the heap are not known; --modules DIR names images";
                return Err(Failure::NotKnown(why.to_owned()));
            }
            let why = "no HTTP request is on the heap: the program does not use HttpClient";
            return Err(Failure::NotFound(why.to_owned()));
        };
        found.retain(|request| self.wants(request));
        context.answer(&dumphttp::DumpHttp::new(&found, self.stats), &issues)
    }
}
