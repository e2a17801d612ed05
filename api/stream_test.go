package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

// sse is what came of one event.
type sse struct {
	id, name string
	event    hotline.Event
}

// listen reads a stream of events into a channel that is closed at its end.
func (r *rig) listen(path, token string, headers ...string) (<-chan sse, answer) {
	r.t.Helper()
	events, a, err := r.follow(r.t.Context(), path, token, headers...)
	if err != nil {
		r.t.Fatal(err)
	}
	return events, a
}

// follow is listen in a goroutine of its own.
func (r *rig) follow(ctx context.Context, path, token string, headers ...string) (<-chan sse, answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
	if err != nil {
		return nil, answer{}, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // the goroutine below closes it
	if err != nil {
		return nil, answer{}, err
	}
	events := make(chan sse, 100)
	go func() {
		defer close(events)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		var e sse
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				_ = json.Unmarshal([]byte(value), &e.event)
			case "":
				if e.name != "" {
					events <- e
				}
				e = sse{}
			}
		}
	}()
	return events, answer{status: response.StatusCode, header: response.Header}, nil
}

func take(t *testing.T, events <-chan sse, n int) (list []hotline.Event) {
	t.Helper()
	for range n {
		select {
		case e, open := <-events:
			if !open {
				t.Fatalf("the stream ended after %d events", len(list))
			}
			if e.id != fmt.Sprint(e.event.Seq) || e.name != e.event.Body.Kind() {
				t.Errorf("event %v comes as %s with id %s", e.event, e.name, e.id)
			}
			list = append(list, e.event)
		case <-time.After(5 * time.Second):
			t.Fatalf("%d events, then nothing", len(list))
		}
	}
	return list
}

func TestAStreamCanBeTakenUpAtAnyEvent(t *testing.T) {
	r := start(t)
	s := r.begin("")
	stream, response := r.listen(s.path+"/stream?token="+s.Token, "")
	if got := response.header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatal(got)
	}
	want := append(s.Events, r.say(s, "办居住证要什么材料")...)
	if diff := cmp.Diff(want, take(t, stream, len(want))); diff != "" {
		t.Error(diff)
	}
	second, _ := r.listen(s.path+"/stream?after=1", s.Token, "Last-Event-ID: 4")
	more := r.say(s, "再见")
	if diff := cmp.Diff(append(want[4:], more...), take(t, second, len(want)-4+len(more))); diff != "" {
		t.Error(diff)
	}
	take(t, stream, len(more))
	for _, events := range []<-chan sse{stream, second} {
		if e, open := <-events; open {
			t.Error("after the end comes", e)
		}
	}
	last := more[len(more)-1]
	if last.Body.Kind() != "ended" {
		t.Fatal(last)
	}
	r.want(204, "GET", s.path+"/stream", s.Token, nil, "Last-Event-ID: "+fmt.Sprint(last.Seq))
	again, _ := r.listen(s.path+"/stream?after=2", s.Token)
	take(t, again, int(last.Seq)-2)
}

func TestAConversationHasSoManyStreams(t *testing.T) {
	r := start(t)
	s := r.begin("")
	for range streamsEach {
		_, response := r.listen(s.path+"/stream", s.Token)
		if response.status != http.StatusOK {
			t.Fatal(response.status)
		}
	}
	if a := r.do("GET", s.path+"/stream", s.Token, nil); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Error(a.status, a.header)
	}
}

// dial opens a socket from a page of an origin and returns the status of the answer.
func (r *rig) dial(s session, origin string) (*websocket.Conn, int) {
	r.t.Helper()
	conn, response, err := websocket.Dial(r.t.Context(), r.url+s.path+"/ws?after=1&token="+s.Token, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	if response == nil {
		r.t.Fatal(err)
	}
	if response.Body != nil {
		defer response.Body.Close()
	}
	return conn, response.StatusCode
}

func TestASocketTellsAndHears(t *testing.T) {
	r := start(t, func(c *Config) { c.Origins = []string{"https://good.example"} })
	s := r.begin("")
	if _, status := r.dial(s, "https://evil.example"); status != http.StatusForbidden {
		t.Fatal(status)
	}
	conn, status := r.dial(s, "https://good.example")
	if status != http.StatusSwitchingProtocols {
		t.Fatal(status)
	}
	defer func() { _ = conn.CloseNow() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	next := func() (e hotline.Event) {
		t.Helper()
		if err := wsjson.Read(ctx, conn, &e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := next(); e.Seq != 2 {
		t.Error(e)
	}
	for range 2 { // the same message twice is one message
		if err := wsjson.Write(ctx, conn, said{Text: "办居住证要什么材料", Key: "k1"}); err != nil {
			t.Fatal(err)
		}
	}
	got := []hotline.Event{next(), next(), next(), next(), next()}
	if kinds(got) != "heard decided decided said said" {
		t.Error(kinds(got))
	}
	if err := conn.Write(ctx, websocket.MessageText, []byte("{")); err != nil {
		t.Fatal(err)
	}
	var problem struct{ Status int }
	if err := wsjson.Read(ctx, conn, &problem); err != nil || problem.Status != 422 {
		t.Error(problem, err)
	}
	if err := wsjson.Write(ctx, conn, said{Text: "再见"}); err != nil {
		t.Fatal(err)
	}
	for next().Body.Kind() != "ended" {
		continue
	}
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Error(err)
	}
}

// A client that sends its headers drop by drop is let go.
func TestASlowClientDoesNotHoldAConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(t.Context(), http.NotFoundHandler())
	server.ReadHeaderTimeout = 200 * time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, server, func() error { return server.Serve(listener) }) }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if text, err := io.ReadAll(conn); err != nil {
		t.Errorf("%s %v", text, err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
