vcl 4.1;

# Varnish before Owncast: playlists for a second whatever Owncast says, segments for ten minutes. Requests for the same
# thing wait for one fetch, and are sent its bytes while they arrive (do_stream, which is on by default).
backend owncast {
    .host = "127.0.0.1";
    .port = "{{originPort}}";
}

sub vcl_recv {
    if (req.http.Upgrade ~ "(?i)websocket") {
        return (pipe);
    }
    if (req.url ~ "^/hls/" && (req.method == "GET" || req.method == "HEAD")) {
        # Players bust caches with queries.
        set req.url = regsub(req.url, "\?.*$", "");
        unset req.http.Cookie;
        unset req.http.Accept-Encoding;
        return (hash);
    }
    return (pass);
}

sub vcl_pipe {
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = req.http.Connection;
}

sub vcl_backend_response {
    if (bereq.url !~ "^/hls/" || bereq.uncacheable) {
        return (deliver);
    }
    unset beresp.http.Vary;
    set beresp.keep = 0s;
    if (beresp.status != 200) {
        set beresp.ttl = 1s;
        set beresp.grace = 0s;
    } elsif (bereq.url ~ "\.m3u8$") {
        set beresp.ttl = 1s;
        # One request renews a playlist; the others need not wait for it.
        set beresp.grace = 1s;
    } else {
        set beresp.ttl = 10m;
    }
    return (deliver);
}
