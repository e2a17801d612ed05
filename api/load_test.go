package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/dialog"
)

// much lifts the limits that a test of many requests would run into.
func much(c *Config) {
	free := Rate{1e6, 1e6}
	c.Limits.Visitor, c.Limits.Address, c.Limits.Key = free, free, free
}

// echo is a dialog that says what it hears and never ends.
type echo struct{}

func (echo) Step(s dialog.State, e dialog.Event) (dialog.State, []dialog.Action) {
	text := "您好"
	if heard, ok := e.(dialog.Heard); ok {
		text = heard.Text
	}
	return s, []dialog.Action{dialog.Say{Prompt: dialog.Prompt{ID: "echo", Text: text}}}
}

func (echo) Patience(dialog.State, string) (p dialog.Patience) { return p }

// echoing has conversations held by echo.
func echoing(c *Config) {
	host, err := chat.New(chat.Config{Engine: func() dialog.Engine { return echo{} }, Keeper: c.Store, Census: c.Store})
	if err != nil {
		panic(err)
	}
	c.Chat = host
}

// gapless fails the test unless events are numbered from first on.
func gapless(t *testing.T, events []hotline.Event, first uint64) {
	t.Helper()
	for i, e := range events {
		if e.Seq != first+uint64(i) {
			t.Fatalf("event %d has number %d, want %d", i, e.Seq, first+uint64(i))
		}
	}
}

// Fifty messages come at once while streams come and go: each message is answered where it stands, and
// every stream tells every event once.
func TestFiftyMessagesAtOnceKeepOrderForWhoeverListens(t *testing.T) {
	r := start(t, much, echoing)
	s := r.begin("")
	const messages = 50
	var posting, listening sync.WaitGroup
	for i := range messages {
		posting.Go(func() {
			var out struct{ Events []hotline.Event }
			text := fmt.Sprint("第", i, "条")
			a := r.do("POST", s.path+"/messages", s.Token, object{"text": text}, fmt.Sprint("Idempotency-Key: k", i))
			if a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
				return
			}
			a.into(t, &out)
			gapless(t, out.Events, out.Events[0].Seq)
			heard, _ := out.Events[0].Body.(hotline.Heard)
			said, _ := out.Events[len(out.Events)-1].Body.(hotline.Said)
			if heard.Text != text || said.Text != text {
				t.Errorf("%q is answered with %v", text, out.Events)
			}
		})
	}
	seen := make([][]hotline.Event, streamsEach/2)
	for i := range seen {
		listening.Go(func() { seen[i] = r.comeAndGo(s, i+3) })
	}
	posting.Wait()
	r.want(204, "POST", s.path+"/close", s.Token, nil)
	listening.Wait()
	var page struct{ Events []hotline.Event }
	r.want(200, "GET", s.path+"/events?limit=500", s.Token, nil).into(t, &page)
	gapless(t, page.Events, 1)
	if heard := strings.Count(kinds(page.Events), "heard"); heard != messages {
		t.Errorf("%d messages were heard", heard)
	}
	for _, events := range seen {
		gapless(t, events, 1)
		if len(events) != len(page.Events) {
			t.Errorf("a stream told %d of %d events", len(events), len(page.Events))
		}
	}
}

// comeAndGo listens to so many events at a time, each time taking up the thread behind the last one, until
// the end.
func (r *rig) comeAndGo(s session, some int) (all []hotline.Event) {
	for len(all) == 0 || all[len(all)-1].Body.Kind() != "ended" {
		ctx, hangUp := context.WithTimeout(r.t.Context(), 10*time.Second)
		events, _, err := r.follow(ctx, s.path+"/stream", s.Token, fmt.Sprint("Last-Event-ID: ", len(all)))
		if err != nil {
			r.t.Error(err)
		}
		for range some {
			e, open := <-events
			if !open {
				break
			}
			all = append(all, e.event)
		}
		expired := ctx.Err()
		hangUp()
		for range events {
			continue // what was on its way is dropped
		}
		if err != nil || expired != nil {
			r.t.Errorf("%d events, then %v", len(all), errors.Join(err, expired))
			return all
		}
	}
	return all
}

func TestTheSameKeyManyTimesAtOnceIsOneMessage(t *testing.T) {
	r := start(t, much)
	s := r.begin("")
	bodies := make([]string, 20)
	var all sync.WaitGroup
	for i := range bodies {
		all.Go(func() {
			a := r.do("POST", s.path+"/messages", s.Token, object{"text": "办居住证要什么材料"}, "Idempotency-Key: same")
			bodies[i] = fmt.Sprint(a.status, string(a.body))
		})
	}
	all.Wait()
	for _, b := range bodies {
		if b != bodies[0] || !strings.HasPrefix(b, "200") {
			t.Fatalf("%s\nbut %s", bodies[0], b)
		}
	}
}

func TestStreamsAreOpenedAgainAfterAWhile(t *testing.T) {
	r := start(t)
	r.api.streamLife = 200 * time.Millisecond
	s := r.begin("")
	a := r.want(200, "GET", s.path+"/stream", s.Token, nil)
	if !strings.HasSuffix(string(a.body), "event: resume\ndata: {}\n\n") {
		t.Errorf("%s", a.body)
	}
	conn, status := r.dial(s, "")
	if status != http.StatusSwitchingProtocols {
		t.Fatal(status)
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		if _, _, err := conn.Read(t.Context()); err != nil {
			if websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
				t.Error(err)
			}
			return
		}
	}
}

// raw sends bytes and returns what comes back until the server hangs up.
func (r *rig) raw(text string) string {
	r.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, text) // the server may hang up in the middle
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

func TestWhatIsNoProperRequestIsRefused(t *testing.T) {
	r := start(t)
	for name, c := range map[string]struct{ request, status string }{
		"1 MB of headers":           {"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n", "431"},
		"ten thousand headers":      {"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + strings.Repeat("X: a\r\n", 10000) + "\r\n", "431"},
		"control bytes in a header": {"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: \x00\x01\r\n\r\n", "400"},
		"two lengths":               {"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "400"},
		"a length below 0":          {"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -1\r\n\r\n", "400"},
		"no host":                   {"GET /api/v1/openapi.json HTTP/1.1\r\nConnection: close\r\n\r\n", "400"},
		"a path upwards":            {"GET /api/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"},
		"an encoded path upwards":   {"GET /api/docs/..%2f..%2fpage.go HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"},
		"a path that is no text":    {"GET /api/v1/flows/%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "401"},
		"no HTTP":                   {"\x16\x03\x01\x02\x00\x01\r\n\r\n", "400"},
	} {
		if got := r.raw(c.request); !strings.HasPrefix(got, "HTTP/1.1 "+c.status) {
			t.Errorf("%s: %.100q, want %s", name, got, c.status)
		}
	}
	r.begin("")
}

func TestJSONThatIsMeantToHurtIsRefused(t *testing.T) {
	r := start(t, much)
	s := r.begin("")
	for name, body := range map[string]string{
		"nested without end":     strings.Repeat("[", 30000) + strings.Repeat("]", 30000),
		"objects in objects":     strings.Repeat(`{"text":`, 5000) + "1" + strings.Repeat("}", 5000),
		"a number too large":     `{"score":1e999}`,
		"a number of 60,000 9s":  `{"score":` + strings.Repeat("9", 60000) + `}`,
		"a fraction":             `{"score":4.5}`,
		"two values":             `{"score":5}{"score":1}`,
		"a name of 60,000 bytes": `{"` + strings.Repeat("x", 60000) + `":1}`,
		"5,000 unknown fields":   `{"score":5` + manyFields(5000) + "}",
		"a byte order mark":      "\ufeff{\"score\":5}",
	} {
		if a := r.do("POST", s.path+"/rating", s.Token, body); a.status != 400 && a.status != 422 || len(a.body) > 4000 {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"x%d":1`, i)
	}
	return b.String()
}
