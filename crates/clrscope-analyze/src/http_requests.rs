//! HTTP requests of `HttpClient`: `System/Net/Http/HttpRequestMessage.cs` and
//! `HttpResponseMessage.cs` of System.Net.Http.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clrscope_clr::{HeapObjects, Object, ObjectRef, StringRef, Types};
use clrscope_memory::{Control, Interrupted, VirtAddr, limits};

use crate::handle_objects::derives_from;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The `HttpRequestMessage`.
    pub address: VirtAddr,
    /// Its method table.
    pub method_table: VirtAddr,
    /// `GET`, `POST`...
    pub method: Option<String>,
    /// Where it went, as it was written: relative to the client's base address, perhaps.
    pub uri: Option<String>,
    /// The status of the response; `None` if there is none on the heap.
    pub status: Option<i64>,
}

const REQUEST: &str = "System.Net.Http.HttpRequestMessage";
const RESPONSE: &str = "System.Net.Http.HttpResponseMessage";

/// The requests of the heap in order of address, each with its response if that is there. `None` if no
/// type of requests is among the types of the heap.
///
/// # Errors
/// If `control` stops it.
pub fn http_requests(
    objects: &HeapObjects<'_>,
    types: &Types<'_>,
    control: &Control<'_>,
) -> Result<Option<Vec<HttpRequest>>, Interrupted> {
    let kinds: Vec<Option<bool>> = objects
        .types()
        .iter()
        .map(|(_, info)| {
            let ty = types.get(info.address)?;
            let is_request = derives_from(&ty, REQUEST);
            (is_request || derives_from(&ty, RESPONSE)).then_some(is_request)
        })
        .collect();
    if kinds.iter().all(Option::is_none) {
        return Ok(None);
    }
    let kind = |object: &Object| kinds.get(object.ty.index()).copied().flatten();
    let parts = objects.fold(
        control,
        |_| Vec::new(),
        |found, object, _| {
            found.extend(kind(object).map(|is_request| (object.address, is_request)));
        },
    )?;
    let mut requests: BTreeMap<VirtAddr, HttpRequest> = BTreeMap::new();
    for (address, is_request) in parts.into_iter().flatten() {
        let Ok(object) = types.object(address) else { continue };
        if is_request {
            requests.entry(address).or_insert_with(|| HttpRequest::new(&object));
            continue;
        }
        let request = object.field_of(&["_requestMessage", "requestMessage"]);
        let Some(request) = request.and_then(|request| request.as_object()) else { continue };
        let entry = requests.entry(request.address()).or_insert_with(|| HttpRequest::new(&request));
        let status = object.field_of(&["_statusCode", "statusCode"]);
        let status = status.and_then(|status| status.as_integer());
        entry.status = status.and_then(|status| i64::try_from(status).ok());
    }
    Ok(Some(requests.into_values().collect()))
}

impl HttpRequest {
    fn new(request: &ObjectRef<'_, '_>) -> HttpRequest {
        let text = |text: StringRef<'_>| text.chars().take(limits::MAX_NAME).collect();
        let method = request.field_of(&["_method", "method"]).and_then(|m| m.as_object());
        let uri = request.field_of(&["_requestUri", "requestUri"]).and_then(|u| u.as_object());
        HttpRequest {
            address: request.address(),
            method_table: request.ty().method_table(),
            method: method.and_then(|m| m.field_of(&["_method", "method"])?.as_str()).map(text),
            uri: uri.and_then(|u| u.field_of(&["_string", "m_String"])?.as_str()).map(text),
            status: None,
        }
    }

    /// The host that it went to, with its port; `None` of a relative address.
    pub fn host(&self) -> Option<&str> {
        let (_, rest) = self.uri.as_deref()?.split_once("://")?;
        rest.split(['/', '?', '#']).next()
    }
}

/// Requests by method, status and host; the most numerous first.
pub fn http_groups(requests: &[HttpRequest]) -> Vec<HttpGroup> {
    let mut groups: Vec<HttpGroup> = Vec::new();
    let mut places = BTreeMap::new();
    for request in requests {
        let key = (request.method.as_deref(), request.status, request.host());
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.count += 1,
            None => groups.push(HttpGroup {
                count: 1,
                method: request.method.clone(),
                status: request.status,
                host: request.host().map(str::to_owned),
            }),
        }
    }
    groups.sort_by_key(|group| Reverse(group.count));
    groups
}

/// Requests of one method to one host with one status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGroup {
    /// How many.
    pub count: u64,
    /// `GET`, `POST`...
    pub method: Option<String>,
    /// The status of the response, if there is one.
    pub status: Option<i64>,
    /// The host with its port.
    pub host: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, status: Option<i64>) -> HttpRequest {
        HttpRequest {
            address: VirtAddr(0),
            method_table: VirtAddr(0),
            method: Some("GET".to_owned()),
            uri: Some(uri.to_owned()),
            status,
        }
    }

    #[test]
    fn requests_are_counted_by_host() {
        let all = [
            request("https://a.example:8443/x?y#z", Some(200)),
            request("/relative", None),
            request("https://a.example:8443", Some(200)),
            request("http://b.example?q", Some(503)),
        ];
        let groups = http_groups(&all);
        let hosts: Vec<_> = groups.iter().map(|g| (g.count, g.host.as_deref())).collect();
        assert_eq!(hosts[0], (2, Some("a.example:8443")));
        assert!(hosts[1..].contains(&(1, None)) && hosts[1..].contains(&(1, Some("b.example"))));
    }
}
