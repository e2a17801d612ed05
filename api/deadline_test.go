package api

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
)

// A phone may ring for longer than a request may take to arrive.
func TestACallOutOutlastsTheDeadlineOfTheBody(t *testing.T) {
	t.Parallel()
	d := startDesk(t, func(c *Desk) {
		c.Call = func(ctx context.Context, _ hotline.ConversationID, _, _ string) error {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(bodyWithin + time.Second):
				return hotline.Errorf("dial", hotline.CodeConflict, "nobody answers")
			}
		}
	})
	id, token := d.user("li", account.RoleAgent)
	d.ready(id, token)
	d.want(http.StatusConflict, "POST", Base+"/desk/calls", token, object{"number": "13812345678"})
}

// Over HTTP/2 a deadline of writing ends a stream though nothing is being written to it.
func TestAQuietStreamLivesOverHTTP2(t *testing.T) {
	t.Parallel()
	r := start(t)
	server := httptest.NewUnstartedServer(r.api.Handler())
	server.Config = NewServer(t.Context(), r.api.Handler())
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	s := r.begin("")
	ctx, cancel := context.WithTimeout(t.Context(), sendWithin+30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+s.path+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = response.Body.Close()
		for r.api.cfg.Chat.Rooms() > 0 && ctx.Err() == nil { // the server does not wait for what is over HTTP/2
			time.Sleep(time.Millisecond)
		}
	}()
	if response.ProtoMajor != 2 || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", response.Proto, response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() && lines.Text() != ": " { // a sign of life, after heartbeat
		continue
	}
	if lines.Text() != ": " || heartbeat < sendWithin {
		t.Errorf("the stream ended before it gave a sign of life: %v", lines.Err())
	}
}
