package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

func baseContext(ctx context.Context) func(net.Listener) context.Context {
	return func(net.Listener) context.Context { return ctx }
}

// clientOf returns the address of who calls: the peer's, or, when the peer is a trusted proxy, the last one
// in X-Forwarded-For that is not.
func (a *API) clientOf(r *http.Request) netip.Addr { return ClientOf(r, a.cfg.Proxies) }

// ClientOf returns the address a request comes from, behind trusted proxies.
func ClientOf(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer := netip.Addr{}
	if p, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		peer = p.Addr().Unmap()
	}
	trusted := func(address netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(address) })
	}
	if !trusted(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break // what stands further left was not written by a proxy of ours
		}
		if peer = address.Unmap(); !trusted(peer) {
			break
		}
	}
	return peer
}

// secured sets what browsers need to know.
func (a *API) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxUpload+maxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// fromAfar tells whether a page of another origin calls, and whether it may.
func (a *API) fromAfar(r *http.Request) (origin string, allowed bool) {
	origin = r.Header.Get("Origin")
	if origin == "" {
		return "", true
	}
	if u, err := url.Parse(origin); err == nil && u.Host != "" && u.Host == r.Host {
		return "", true
	}
	return origin, slices.Contains(a.cfg.Origins, origin) || slices.Contains(a.cfg.Origins, "*")
}

// CrossOrigin answers what browsers ask before and with requests from other origins, also of what is served beside the API.
// There are no cookies, so nothing is done in a person's name without the token.
func (a *API) CrossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, allowed := a.fromAfar(r)
		h := w.Header()
		h.Add("Vary", "Origin")
		if origin != "" && allowed {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "ETag, Location, Retry-After")
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			if allowed {
				h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
				h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID")
				h.Set("Access-Control-Max-Age", "600")
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
