package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/webrtc"
	"github.com/hotline-cc/hotline/webrtc/join"
)

// What each side of a call says, in Hz.
const (
	gatewayTone = 700
	visitorTone = 600
)

// callRig is the gateway's front end for browsers on a network that a test can change: sound goes through a relay. A call is
// told a tone and listened to.
//
//	GET  /rig/token    a join token
//	POST /rig/cut      the network that browsers are on goes: what they have sent from until now is dead, both ways
//	POST /rig/wall     there is no network at all, until
//	POST /rig/heal     there is another
//	POST /rig/hangup   the gateway ends the call
//	POST /rig/listen   listening begins anew
//	GET  /rig/heard    what was heard of the call since then
//	     /webrtc       WHIP
type callRig struct {
	endpoint *webrtc.Endpoint
	relay    *relay
	mu       sync.Mutex
	leg      *webrtc.Leg // the newest
	ear      *visitorEar
}

// startCalls runs a callRig until the test ends and returns its address.
func startCalls(t *testing.T) string {
	t.Helper()
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := join.New(join.Config{Key: []byte("0123456789abcdef0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	rig := &callRig{relay: newRelay(t)}
	rig.endpoint, err = webrtc.New(webrtc.Config{
		UDP: []webrtc.Bind{{Address: netip.MustParseAddrPort("127.0.0.1:0")}}, Pacer: pacer, Peek: tokens.Peek, Answer: rig.answer,
		Admit: func(_ context.Context, token string, _ netip.Addr) (webrtc.Admission, error) {
			return tokens.Redeem(token)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = pacer.Run(ctx) })
	running.Go(func() {
		if err := rig.endpoint.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	routes := http.NewServeMux()
	routes.HandleFunc("GET /rig/token", func(w http.ResponseWriter, _ *http.Request) {
		token, err := tokens.Issue(join.Claims{Conversation: "c1", Role: join.Caller, Subject: "visitor"})
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, token)
	})
	for name, do := range map[string]func(){"cut": rig.relay.cut, "wall": rig.relay.wall, "heal": rig.relay.heal, "hangup": rig.hangUp, "listen": rig.listen} {
		routes.HandleFunc("POST /rig/"+name, func(http.ResponseWriter, *http.Request) { do() })
	}
	routes.HandleFunc("GET /rig/heard", rig.heard)
	routes.HandleFunc("/webrtc", rig.whip)
	routes.HandleFunc("/webrtc/", rig.whip)
	server := httptest.NewServer(routes)
	t.Cleanup(func() {
		server.Close()
		stop()
		running.Wait()
	})
	return server.URL
}

var (
	theirCandidates = regexp.MustCompile(`a=candidate:[^\r]*\r\n`)
	ourCandidate    = regexp.MustCompile(`( udp \d+ 127\.0\.0\.1 )(\d+)`)
)

// whip serves WHIP and tells browsers the relay's port instead of the endpoint's. Their addresses do not get through, as if a
// NAT stood before them: else the endpoint would find a way past the relay.
func (r *callRig) whip(w http.ResponseWriter, req *http.Request) {
	offer, err := io.ReadAll(req.Body)
	if err != nil {
		return // the browser has given up
	}
	req.Body = io.NopCloser(bytes.NewReader(theirCandidates.ReplaceAll(offer, nil)))
	answer := httptest.NewRecorder()
	r.endpoint.ServeHTTP(answer, req)
	body := ourCandidate.ReplaceAllStringFunc(answer.Body.String(), func(c string) string {
		parts := ourCandidate.FindStringSubmatch(c)
		return parts[1] + strconv.Itoa(r.relay.before(parts[2]))
	})
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = io.WriteString(w, body)
}

func (r *callRig) answer(_ context.Context, l *webrtc.Leg) {
	source, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{gatewayTone}, Level: -10}, l.Format().Rate)
	if err != nil {
		return
	}
	detector, err := tone.NewDetector(visitorTone, l.Format().Rate)
	if err != nil {
		return
	}
	ear := &visitorEar{format: l.Format(), detector: detector}
	r.mu.Lock()
	r.leg, r.ear = l, ear
	r.mu.Unlock()
	if l.Join(ear, source) == nil {
		<-l.Done()
	}
}

func (r *callRig) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.leg.Hangup(context.Background(), "test")
}

func (r *callRig) listen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ear.anew()
}

func (r *callRig) heard(w http.ResponseWriter, _ *http.Request) {
	s := r.endpoint.Stats()
	out := map[string]any{"legs": s.Legs, "restarts": s.Restarts, "from": r.relay.browsers()}
	r.mu.Lock()
	if r.ear != nil {
		out["ms"], out["gap"] = r.ear.report()
	}
	r.mu.Unlock()
	_ = json.NewEncoder(w).Encode(out)
}

// visitorEar listens for the visitor's tone.
type visitorEar struct {
	format   media.Format
	detector tone.Detector
	mu       sync.Mutex
	ticks    int
	last     time.Time
	gap      time.Duration // the longest between two ticks that held the tone
}

func (e *visitorEar) Format() media.Format { return e.format }

func (e *visitorEar) WriteFrame(f media.Frame) error {
	all := tone.MeanPower(f.PCM)
	if all < 1e5 || e.detector.Power(f.PCM) < all*2/3 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pause(time.Now())
	e.last = time.Now()
	e.ticks++
	return nil
}

func (e *visitorEar) pause(now time.Time) {
	if !e.last.IsZero() {
		e.gap = max(e.gap, now.Sub(e.last))
	}
}

// report returns for how long the tone was heard and the longest pause in it, in ms.
func (e *visitorEar) report() (heard, gap int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pause(time.Now())
	return int64(e.ticks) * media.Tick.Milliseconds(), e.gap.Milliseconds()
}

func (e *visitorEar) anew() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ticks, e.gap = 0, 0
}

// relay stands between browsers and the endpoint's port.
type relay struct {
	front   *net.UDPConn
	mu      sync.Mutex
	port    *net.UDPAddr // the endpoint's
	flows   map[netip.AddrPort]*net.UDPConn
	dead    map[netip.AddrPort]bool
	walled  bool
	running sync.WaitGroup
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	front, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{front: front, flows: map[netip.AddrPort]*net.UDPConn{}, dead: map[netip.AddrPort]bool{}}
	r.running.Go(r.run)
	t.Cleanup(func() {
		_ = front.Close()
		r.mu.Lock()
		for _, c := range r.flows {
			_ = c.Close()
		}
		r.mu.Unlock()
		r.running.Wait()
	})
	return r
}

// before puts the relay before a port and returns its own.
func (r *relay) before(port string) int {
	n, _ := strconv.Atoi(port)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.port = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n}
	return r.front.LocalAddr().(*net.UDPAddr).Port
}

func (r *relay) run() {
	b := make([]byte, 2048)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		if flow := r.flow(from); flow != nil {
			_, _ = flow.Write(b[:n])
		}
	}
}

// flow is the way of one address of a browser, nil where there is none.
func (r *relay) flow(from netip.AddrPort) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.walled {
		r.dead[from] = true // also addresses found out while there is no network
	}
	if r.dead[from] || r.port == nil {
		return nil
	}
	if c := r.flows[from]; c != nil {
		return c
	}
	c, err := net.DialUDP("udp4", nil, r.port)
	if err != nil {
		return nil
	}
	r.flows[from] = c
	r.running.Go(func() {
		b := make([]byte, 2048)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			r.mu.Lock()
			dead := r.dead[from]
			r.mu.Unlock()
			if !dead {
				_, _ = r.front.WriteToUDPAddrPort(b[:n], from)
			}
		}
	})
	return c
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for from := range r.flows {
		r.dead[from] = true
	}
}

func (r *relay) wall() {
	r.cut()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.walled = true
}

func (r *relay) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.walled = false
}

// browsers is how many addresses of browsers there have been.
func (r *relay) browsers() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.flows)
}
