package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/testkit/reexec"
	"github.com/hotline-cc/hotline/store/db"
)

// childFolder names the data folder to a process that is started to be killed.
const childFolder = "HOTLINE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, serveChild(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// serveChild serves an API and prints its address.
func serveChild(dir string) error {
	store, err := db.Open(context.Background(), db.Config{Dir: dir})
	if err != nil {
		return err
	}
	cfg := Config{Store: store, Files: filepath.Join(dir, "attachments"), TokenKey: bytes.Repeat([]byte("k"), 32), Visitors: true}
	echoing(&cfg)
	much(&cfg)
	a, err := New(cfg)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return NewServer(context.Background(), a.Handler()).Serve(listener)
}

// writer is somebody who writes through crashes: what was not answered is sent again with its key.
type writer struct {
	session
	sent  int             // messages that were answered
	acked []hotline.Event // all that was answered
}

func (w *writer) text() string { return fmt.Sprint("第", w.sent, "条") }

// post sends the next message; an error says that no answer came.
func (w *writer) post(client *http.Client, url string) error {
	request, err := http.NewRequest(http.MethodPost, url+w.path+"/messages", strings.NewReader(fmt.Sprintf(`{"text":%q}`, w.text())))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+w.Token)
	request.Header.Set("Idempotency-Key", fmt.Sprint("k", w.sent))
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var out struct{ Events []hotline.Event }
	if err := json.Unmarshal(body, &out); err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%d %s %w", response.StatusCode, body, err)
	}
	w.acked = append(w.acked, out.Events...)
	w.sent++
	return nil
}

// The process is killed in the middle of many messages, twice. Nothing that was answered is lost, nothing
// is taken twice, and the conversations go on where they stood.
func TestNothingAnsweredIsLostWhenTheProcessIsKilled(t *testing.T) {
	dir := t.TempDir()
	r := &rig{t: t}
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	defer http.DefaultClient.CloseIdleConnections()
	writers := make([]*writer, 6)
	for life := range 3 {
		process, url, err := reexec.Start(t, childFolder, dir)
		if err != nil {
			t.Fatal(err)
		}
		r.url = url
		for i := range writers {
			if writers[i] == nil {
				writers[i] = &writer{session: r.begin("")}
				writers[i].acked = writers[i].Events
			}
		}
		enough := make(chan struct{}, len(writers)*100)
		var all sync.WaitGroup
		for _, w := range writers {
			all.Go(func() {
				for n := 0; life < 2 || n < 3; n++ {
					if err := w.post(client, url); err != nil {
						if life == 2 {
							t.Error(err)
						}
						return
					}
					if n < 100 {
						enough <- struct{}{}
					}
				}
			})
		}
		if life < 2 { // in the middle: each of them has a message under way
			for range len(writers) * 4 {
				<-enough
			}
			process.Kill()
		}
		all.Wait()
	}
	for _, w := range writers {
		var page struct{ Events []hotline.Event }
		r.want(200, "GET", w.path+"/events?limit=500", w.Token, nil).into(t, &page)
		if diff := cmp.Diff(page.Events, w.acked); diff != "" || w.sent < 3 {
			t.Errorf("after %d messages, what is kept is not what was answered: %s", w.sent, diff)
		}
		gapless(t, page.Events, 1)
		for i, e := range page.Events[2:] {
			if heard, ok := e.Body.(hotline.Heard); ok && heard.Text != fmt.Sprint("第", i/2, "条") {
				t.Errorf("event %d: %v", e.Seq, heard)
			}
		}
	}
}
