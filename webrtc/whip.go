package webrtc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strings"

	"github.com/hotline-cc/hotline"
)

const (
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag"
	typePatch    = "Accept-Patch"
)

// ServeHTTP serves WHIP (RFC 9725) below Config.Path. The address of a request is taken from RemoteAddr; what a proxy tells
// must have been put there before.
//
//	POST   Path       an offer; the answer and the URL of the leg come back
//	PATCH  Path/leg   candidates (If-Match: its ETag), or other credentials for a restart (If-Match: *)
//	DELETE Path/leg   ends the leg
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-e.ready:
	default:
		e.refuse(w, refuse(statusUnavailable, "not ready"))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	id, below := strings.CutPrefix(r.URL.Path, e.cfg.Path+"/")
	serve, allow := e.create, http.MethodPost
	switch {
	case r.URL.Path == e.cfg.Path && r.Method == http.MethodPost:
	case r.URL.Path == e.cfg.Path:
		serve = nil
	case !below || id == "" || strings.Contains(id, "/"):
		e.refuse(w, refuse(statusNotFound, "there is nothing here"))
		return
	default:
		allow = "PATCH, DELETE"
		serve = map[string]func(http.ResponseWriter, *http.Request) error{
			http.MethodPatch:  e.onLeg(id, e.patch),
			http.MethodDelete: e.onLeg(id, e.delete),
		}[r.Method]
	}
	if serve == nil {
		w.Header().Set("Allow", allow)
		e.refuse(w, refuse(http.StatusMethodNotAllowed, "want %s", allow))
		return
	}
	if err := serve(w, r); err != nil {
		e.refuse(w, err)
	}
}

// create takes an offer. The token is asked about last, so that it is not used up by an offer that nobody could take.
func (e *Endpoint) create(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	body, err := e.read(w, r, typeSDP)
	if err != nil {
		return err
	}
	o, err := parseOffer(body, e.cfg.Codecs)
	if err != nil {
		return err
	}
	if len(o.candidates) > e.cfg.Limits.Candidates {
		return refuse(statusTooLarge, "more than %d candidates", e.cfg.Limits.Candidates)
	}
	l, err := e.admit(r, token, o)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Location", e.cfg.Path+"/"+l.id)
	h.Set("ETag", etag(l.current()))
	h.Set(typePatch, typeFragment)
	h.Set("Content-Type", typeSDP)
	h["Link"] = links(e.ICEServers(l.admission.Subject))
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, o.answer(l.current().ours, l.identity.fingerprint, l.stream, e.listeners.candidates()))
	return nil
}

// admit makes the leg of an offer, if there is room for whom the token is for.
func (e *Endpoint) admit(r *http.Request, token string, o *offer) (*Leg, error) {
	at, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero address when it is none, as on a unix socket
	remote := at.Addr().Unmap()
	who, err := e.cfg.Peek(token)
	if err != nil {
		return nil, err
	}
	p, err := e.admission.enter(who.Role, remote)
	if err != nil {
		return nil, err
	}
	l, err := e.begin(r.Context(), token, remote, o, p)
	if err != nil {
		p.leave()
	}
	return l, err
}

// begin uses the token up and makes the leg.
func (e *Endpoint) begin(ctx context.Context, token string, remote netip.Addr, o *offer, p *permit) (*Leg, error) {
	a, err := e.cfg.Admit(ctx, token, remote)
	if err != nil {
		return nil, err
	}
	p.spend()
	return e.newLeg(o, a, token, p)
}

// onLeg serves a request about a leg to whoever has its token. To others the leg does not exist.
func (e *Endpoint) onLeg(id string, serve func(*Leg, http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, err := bearer(r)
		if err != nil {
			return err
		}
		l := e.find(id)
		sum := sha256.Sum256([]byte(token))
		if l == nil || subtle.ConstantTimeCompare(sum[:], l.token[:]) != 1 {
			return refuse(statusNotFound, "there is no such call")
		}
		if !l.patches.AllowN(e.clock.Now(), 1) {
			return refuse(statusTooMany, "too many requests for this call")
		}
		return serve(l, w, r)
	}
}

// patch takes candidates or restarts ICE (RFC 9725 sections 4.3.1 to 4.3.3).
func (e *Endpoint) patch(l *Leg, w http.ResponseWriter, r *http.Request) error {
	body, err := e.read(w, r, typeFragment)
	if err != nil {
		return err
	}
	f, err := parseFragment(body)
	if err != nil {
		return err
	}
	match := r.Header.Get("If-Match")
	switch match {
	case "":
		return refuse(http.StatusPreconditionRequired, "If-Match is missing")
	case "*":
		return e.patchRestart(l, f, w)
	}
	p := l.current()
	if match != etag(p) || f.theirs != (credentials{}) && f.theirs != p.theirs {
		return refuse(http.StatusPreconditionFailed, "this ICE session is not the present one")
	}
	if err := l.meet(p, f.candidates); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (e *Endpoint) patchRestart(l *Leg, f fragment, w http.ResponseWriter) error {
	p := l.current()
	if f.theirs == (credentials{}) || f.theirs == p.theirs {
		// Candidates of whatever session there is.
		if err := l.meet(p, f.candidates); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	p, err := l.restart(f.theirs)
	if err != nil {
		return err
	}
	if err := l.meet(p, f.candidates); err != nil {
		return err
	}
	w.Header().Set("ETag", etag(p))
	w.Header().Set("Content-Type", typeFragment)
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, answerFragment(l.offer.lines[l.offer.audio], p.ours, e.listeners.candidates()))
	return nil
}

func (e *Endpoint) delete(l *Leg, w http.ResponseWriter, r *http.Request) error {
	l.end(byCaller, "")
	select {
	case <-l.done:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// etag names the ICE session of a path.
func etag(p *path) string { return `"` + p.ours.ufrag + `"` }

// bearer returns the token of a request (RFC 6750 section 2.1).
func bearer(r *http.Request) (string, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", hotline.Errorf("join", hotline.CodeUnauthorized, "a bearer token is missing")
	}
	return token, nil
}

// read returns the body of a request, which must be of a media type.
func (e *Endpoint) read(w http.ResponseWriter, r *http.Request, want string) ([]byte, error) {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != want {
		return nil, refuse(http.StatusUnsupportedMediaType, "want %s", want)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(e.cfg.Limits.SDP)))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(statusTooLarge, "more than %d bytes", e.cfg.Limits.SDP)
	}
	if err != nil {
		return nil, hotline.Errorf("read request", hotline.CodeInvalid, "%w", err)
	}
	return body, nil
}
