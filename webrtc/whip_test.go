package webrtc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/codecs"
)

const goodOffer = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126
c=IN IP4 0.0.0.0
a=mid:0
a=sendrecv
a=rtcp-mux
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F
a=setup:actpass
a=rtpmap:111 opus/48000/2
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
`

func TestRequestsAreRefusedInHTTP(t *testing.T) {
	g := start(t, func(c *Config) {
		c.Limits.SDP = 4096
		peek, admit := c.Peek, c.Admit
		c.Peek = func(token string) (Admission, error) {
			if token == "forbidden" || token == "broken" {
				return Admission{}, nil // Admit decides
			}
			return peek(token)
		}
		c.Admit = func(ctx context.Context, token string, remote netip.Addr) (Admission, error) {
			switch token {
			case "forbidden":
				return Admission{}, hotline.Errorf("join", hotline.CodeForbidden, "not you")
			case "broken":
				return Admission{}, errors.New("a secret of ours")
			}
			return admit(ctx, token, remote)
		}
	})
	with := func(old, replacement string) string { return strings.Replace(goodOffer, old, replacement, 1) }
	for name, c := range map[string]struct {
		method, path, token, contentType, body string
		want                                   int
	}{
		"no token":                   {"POST", "/webrtc", "", typeSDP, goodOffer, 401},
		"forged token":               {"POST", "/webrtc", "hlj1.e30.AAAA", typeSDP, goodOffer, 401},
		"token for another purpose":  {"POST", "/webrtc", "forbidden", typeSDP, goodOffer, 403},
		"our own fault":              {"POST", "/webrtc", "broken", typeSDP, goodOffer, 500},
		"no such leg":                {"DELETE", "/webrtc/xyz", "t", "", "", 404},
		"no such path":               {"POST", "/webrtc/a/b", "t", typeSDP, goodOffer, 404},
		"get":                        {"GET", "/webrtc", "t", "", "", 405},
		"post to a leg":              {"POST", "/webrtc/xyz", "t", typeSDP, goodOffer, 405},
		"not SDP":                    {"POST", "/webrtc", "t", "application/json", goodOffer, 415},
		"too long":                   {"POST", "/webrtc", "t", typeSDP, goodOffer + strings.Repeat("a=x\n", 1000), 413},
		"too many candidates":        {"POST", "/webrtc", "t", typeSDP, goodOffer + strings.Repeat("a=candidate:1 1 udp 1 10.0.0.1 9 typ host\n", 65), 413},
		"nonsense":                   {"POST", "/webrtc", "t", typeSDP, "hello", 400},
		"empty":                      {"POST", "/webrtc", "t", typeSDP, "", 400},
		"no audio":                   {"POST", "/webrtc", "t", typeSDP, with("m=audio", "m=video"), 422},
		"plain RTP":                  {"POST", "/webrtc", "t", typeSDP, with("UDP/TLS/RTP/SAVPF", "RTP/AVP"), 422},
		"no codec of ours":           {"POST", "/webrtc", "t", typeSDP, strings.NewReplacer("111 9 0 8", "111 9", "opus", "speex").Replace(goodOffer), 422},
		"no multiplexed RTCP":        {"POST", "/webrtc", "t", typeSDP, with("a=rtcp-mux\n", ""), 422},
		"no fingerprint":             {"POST", "/webrtc", "t", typeSDP, with("a=fingerprint", "a=thumb"), 422},
		"fingerprint of SHA-1":       {"POST", "/webrtc", "t", typeSDP, with("sha-256", "sha-1"), 422},
		"fingerprint that is short":  {"POST", "/webrtc", "t", typeSDP, with(":1E:1F", ""), 400},
		"short ICE password":         {"POST", "/webrtc", "t", typeSDP, with("0123456789012345678901", "0123"), 400},
		"no role of DTLS":            {"POST", "/webrtc", "t", typeSDP, with("actpass", "holdconn"), 400},
		"many media descriptions":    {"POST", "/webrtc", "t", typeSDP, goodOffer + strings.Repeat("m=video 9 UDP/TLS/RTP/SAVPF 96\n", 20), 422},
		"line smuggled into the mid": {"POST", "/webrtc", "t", typeSDP, with("a=mid:0", "a=mid:0 a=x"), 400},
	} {
		t.Run(name, func(t *testing.T) {
			res, body := do(t, c.method, g.url+c.path, c.token, c.contentType, c.body)
			if res.StatusCode != c.want {
				t.Fatalf("answered %d, want %d: %s", res.StatusCode, c.want, body)
			}
			var p problem
			if err := json.Unmarshal([]byte(body), &p); err != nil || p.Status != c.want || p.Title == "" || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%v: problem is %s", err, body)
			}
			if strings.Contains(body, "secret") {
				t.Errorf("an error of ours is told: %s", body)
			}
			if (c.want == 401) != (res.Header.Get("WWW-Authenticate") == "Bearer") || (c.want == 405) != (res.Header.Get("Allow") != "") {
				t.Errorf("headers are %v", res.Header)
			}
		})
	}
	if s := g.Stats(); s.Legs != 0 || s.Refused[422] != 7 {
		t.Errorf("stats are %+v", s)
	}
}

func TestAnOfferIsAnswered(t *testing.T) {
	g := start(t, func(c *Config) {
		c.Relay = Relay{STUN: []string{"stun:stun.example:3478"}, TURN: []string{"turn:turn.example:3478?transport=udp"}, Secret: []byte("0123456789abcdef")}
	})
	res, answer := do(t, "POST", g.url+"/webrtc", g.token(t), typeSDP, goodOffer+"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=mid:data\n")
	if res.StatusCode != http.StatusCreated || !strings.HasPrefix(res.Header.Get("Location"), "/webrtc/") || len(res.Header.Get("Location")) < 30 {
		t.Fatalf("answered %d %v: %s", res.StatusCode, res.Header, answer)
	}
	got := strings.Fields(grep(answer, "m=", "a=group", "a=setup", "a=rtpmap", "a=fmtp", "a=sendrecv", "a=inactive", "a=mid", "a=rtcp-mux"))
	want := strings.Fields(`a=group:BUNDLE 0 m=audio 9 UDP/TLS/RTP/SAVPF 111 110 a=mid:0 a=sendrecv a=rtcp-mux a=setup:passive
		a=rtpmap:111 opus/48000/2 a=fmtp:111 minptime=10;useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000
		a=rtpmap:110 telephone-event/48000 a=fmtp:110 0-15 m=application 0 UDP/DTLS/SCTP webrtc-datachannel a=mid:data a=inactive`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if l := res.Header.Values("Link"); len(l) != 2 || !strings.Contains(l[1], `:visitor"; credential="`) {
		t.Errorf("links are %q", l)
	}
}

func TestPatchesNeedTheirToken(t *testing.T) {
	g := start(t, nil)
	token := g.token(t)
	res, _ := do(t, "POST", g.url+"/webrtc", token, typeSDP, goodOffer)
	url, tag := g.url+res.Header.Get("Location"), res.Header.Get("ETag")
	one := "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n"
	other := g.token(t) // has a call of its own
	if res, _ := do(t, "POST", g.url+"/webrtc", other, typeSDP, goodOffer); res.StatusCode != http.StatusCreated {
		t.Fatalf("answered %d", res.StatusCode)
	}
	for name, c := range map[string]struct {
		method, token, contentType, body, match string
		want                                    int
	}{
		"candidate":                {"PATCH", token, typeFragment, one, tag, 204},
		"candidate of any session": {"PATCH", token, typeFragment, one, "*", 204},
		"without a token":          {"PATCH", "", typeFragment, one, tag, 401},
		"with another's token":     {"PATCH", g.token(t), typeFragment, one, tag, 404},
		"deleted with another's":   {"DELETE", g.token(t), "", "", "", 404},
		"from another call":        {"PATCH", other, typeFragment, one, tag, 404},
		"restarted from another":   {"PATCH", other, typeFragment, "a=ice-ufrag:wxyz\r\na=ice-pwd:0123456789012345678901\r\n", "*", 404},
		"deleted from another":     {"DELETE", other, "", "", "", 404},
		"without If-Match":         {"PATCH", token, typeFragment, one, "", 428},
		"of another session":       {"PATCH", token, typeFragment, one, `"other"`, 412},
		"another type":             {"PATCH", token, typeSDP, one, tag, 415},
		"not lines":                {"PATCH", token, typeFragment, "hello", tag, 400},
		"half a credential":        {"PATCH", token, typeFragment, "a=ice-ufrag:wxyz\r\n", "*", 400},
		"restart before the sound": {"PATCH", token, typeFragment, "a=ice-ufrag:wxyz\r\na=ice-pwd:0123456789012345678901\r\n", "*", 409},
	} {
		t.Run(name, func(t *testing.T) {
			if res, body := do(t, c.method, url, c.token, c.contentType, c.body, "If-Match", c.match); res.StatusCode != c.want {
				t.Errorf("answered %d, want %d: %s", res.StatusCode, c.want, body)
			}
		})
	}
	if res, _ := do(t, "PATCH", url, token, typeFragment, strings.Repeat(one, 80), "If-Match", tag); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("80 candidates were answered %d", res.StatusCode)
	}
	refused := false
	for range 100 {
		if res, _ := do(t, "PATCH", url, token, typeFragment, "", "If-Match", tag); res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") == "5" {
			refused = true
			break
		}
	}
	if !refused {
		t.Error("100 requests in a row were all taken")
	}
}

func TestATokenIsGoodForOneLeg(t *testing.T) {
	g := start(t, nil)
	token := g.token(t)
	if res, body := do(t, "POST", g.url+"/webrtc", token, typeSDP, "hello"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("nonsense answered %d: %s", res.StatusCode, body)
	}
	for i, want := range []int{201, 401, 401} {
		if res, body := do(t, "POST", g.url+"/webrtc", token, typeSDP, goodOffer); res.StatusCode != want {
			t.Errorf("use %d answered %d, want %d: %s", i, res.StatusCode, want, body)
		}
	}
}

func TestLimitsOfLegs(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		want   []int
	}{
		"at once":      {Limits{Legs: 2}, []int{201, 201, 503}},
		"setting up":   {Limits{SettingUp: 1}, []int{201, 503}},
		"a second":     {Limits{SetupsPerSecond: 1}, []int{201, 429}},
		"none is over": {Limits{}, []int{201, 201, 201}},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, func(cfg *Config) { cfg.Limits = c.limits })
			for i, want := range c.want {
				res, body := do(t, "POST", g.url+"/webrtc", g.token(t), typeSDP, goodOffer)
				if res.StatusCode != want || (want > 400) != (res.Header.Get("Retry-After") != "") {
					t.Errorf("offer %d answered %d, want %d: %s", i, res.StatusCode, want, body)
				}
			}
		})
	}
}

func TestABrowserThatNeverConnectsLosesItsPlace(t *testing.T) {
	g := start(t, func(c *Config) { c.Setup = time.Second })
	if res, body := do(t, "POST", g.url+"/webrtc", g.token(t), typeSDP, goodOffer); res.StatusCode != http.StatusCreated {
		t.Fatalf("answered %d: %s", res.StatusCode, body)
	}
	eventually(t, "the place is free", func() bool { return g.Stats().Legs == 0 })
	if s := g.Stats(); s.Failed != 1 || s.SettingUp != 0 {
		t.Errorf("stats are %+v", s)
	}
}

func TestDrainWaitsForLegs(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	drained := make(chan error, 1)
	go func() { drained <- g.Drain(within(t)) }()
	eventually(t, "nobody is let in", func() bool {
		res, _ := do(t, "POST", g.url+"/webrtc", g.token(t), typeSDP, goodOffer)
		return res.StatusCode == http.StatusServiceUnavailable
	})
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
	if err := l.Hangup(within(t), ""); err != nil {
		t.Error(err)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// The credential was computed with openssl: printf 1000600:agent7 | openssl dgst -sha1 -hmac 0123456789abcdef -binary | base64
func TestRelayCredentials(t *testing.T) {
	r, err := Relay{TURN: []string{"turn:turn.example"}, Secret: []byte("0123456789abcdef")}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	want := []ICEServer{{URLs: []string{"turn:turn.example"}, Username: "1000600:agent7", Credential: "BYBxhnZdT2QTe4PYpJdQWlKVkoo="}}
	if diff := cmp.Diff(want, r.servers("agent7", time.Unix(1_000_000, 0))); diff != "" {
		t.Error(diff)
	}
}

// Each restart has us send checks to whatever addresses it names, so there are few of them. Sound goes on as it was.
func TestRestartsAreFew(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA).call()
	_, ear := g.leg(t)
	ear.hears(t, "the browser's")
	refused := 0
	for n := range 3 * restartsAtOnce {
		res, text := b.patch(fmt.Sprintf("a=ice-ufrag:attack%02d\r\na=ice-pwd:0123456789012345678901\r\n", n), "*")
		switch {
		case res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") != "":
			refused++
		case res.StatusCode != http.StatusOK:
			t.Fatalf("restart %d answered %d: %s", n, res.StatusCode, text)
		}
	}
	if refused < restartsAtOnce {
		t.Errorf("%d of %d restarts were refused", refused, 3*restartsAtOnce)
	}
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
}
