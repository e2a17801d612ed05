package webrtc

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what TURN servers of the REST scheme check
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Relay is the STUN and TURN servers that browsers may use. We use none ourselves.
type Relay struct {
	STUN []string // URLs, "stun:host:port"
	TURN []string // URLs, "turn:host:port?transport=udp" or "turns:…"
	// Secret is shared with the TURN servers, whose credentials are made from it.
	Secret []byte
	// Life is how long credentials can be used to begin with, 1 min…24 h; default 10 min. A relayed call lasts as long as it
	// likes where the server checks them at the start only.
	Life time.Duration
}

func (r Relay) withDefaults() (Relay, error) {
	if r.Life == 0 {
		r.Life = 10 * time.Minute
	}
	switch {
	case len(r.TURN) > 0 && len(r.Secret) < 16:
		return r, errors.New("webrtc relay: Secret is shorter than 16 bytes")
	case r.Life < time.Minute || r.Life > 24*time.Hour:
		return r, fmt.Errorf("webrtc relay: Life %v is not within 1 min…24 h", r.Life)
	}
	for _, url := range append(append([]string(nil), r.STUN...), r.TURN...) {
		scheme, host, _ := strings.Cut(url, ":")
		if host == "" || scheme != "stun" && scheme != "turn" && scheme != "turns" || strings.ContainsAny(url, "<>\"; \r\n\x00") {
			return r, fmt.Errorf("webrtc relay: %q is not a stun, turn or turns URL", url)
		}
	}
	return r, nil
}

// ICEServer is an RTCIceServer as browsers take it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// ICEServers returns what a browser is to be told of relays. The credentials are those of the REST scheme of TURN
// (draft-uberti-behave-turn-rest): the username is the second they end at and whom they are for, the password its HMAC-SHA1.
func (e *Endpoint) ICEServers(subject string) []ICEServer {
	return e.cfg.Relay.servers(subject, e.clock.Now())
}

func (r Relay) servers(subject string, now time.Time) []ICEServer {
	var list []ICEServer
	if len(r.STUN) > 0 {
		list = append(list, ICEServer{URLs: r.STUN})
	}
	if len(r.TURN) > 0 {
		username := strconv.FormatInt(now.Add(r.Life).Unix(), 10) + ":" + subject
		mac := hmac.New(sha1.New, r.Secret)
		mac.Write([]byte(username))
		list = append(list, ICEServer{URLs: r.TURN, Username: username, Credential: base64.StdEncoding.EncodeToString(mac.Sum(nil))})
	}
	return list
}

// links writes them as Link headers (RFC 9725 section 4.6).
func links(servers []ICEServer) []string {
	var out []string
	for _, s := range servers {
		for _, url := range s.URLs {
			link := "<" + url + `>; rel="ice-server"`
			if s.Username != "" {
				link += fmt.Sprintf("; username=%q; credential=%q; credential-type=\"password\"", s.Username, s.Credential)
			}
			out = append(out, link)
		}
	}
	return out
}
