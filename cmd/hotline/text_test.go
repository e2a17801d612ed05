package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline"
)

func TestKeysAreMadeListedAndRevoked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "data: %q\n", filepath.Dir(file)), 0o600); err != nil {
		t.Fatal(err)
	}
	status, key, stderr := command(t, "key", "-c", file, "add", "政务微信", "--scopes=chat,read")
	if status != 0 || !strings.HasPrefix(key, "hk_") || len(strings.TrimSpace(key)) != 57 {
		t.Fatalf("%d %q %s", status, key, stderr)
	}
	id := strings.Split(key, "_")[1]
	checkCommands(t, []commandLine{
		{"key -c " + file + " add x --scopes=all", 2, "", "没有权限"},
		{"key -c " + file + " list", 0, id + "  政务微信  chat,read", ""},
		{"key -c " + file + " revoke " + id, 0, "", ""},
		{"key -c " + file + " revoke " + id, 1, "", "没有有效的密钥"},
	})
}

// textClient talks to a gateway over REST.
type textClient struct {
	t           *testing.T
	base, token string
}

// post returns the status and decodes the answer.
func (c textClient) post(path string, body map[string]string, key string, into any) int {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if c.token == "" {
		request.Header.Del("Authorization")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		c.t.Fatalf("%s: %d %s %v", path, response.StatusCode, answer, err)
	}
	return response.StatusCode
}

func TestAKilledGatewayGoesOnWithItsConversations(t *testing.T) {
	dir := t.TempDir()
	r := testRig(t, dir)
	c := textClient{t: t, base: "http://" + r.HTTP + "/api/v1/conversations"}
	var begun struct{ ID, Token string }
	if status := c.post("", map[string]string{"channel": "text"}, "", &begun); status != http.StatusCreated {
		t.Fatal(status)
	}
	c.token = begun.Token
	var first, again, next struct{ Events []hotline.Event }
	question := map[string]string{"text": "办居住证要什么材料"}
	if status := c.post("/"+begun.ID+"/messages", question, "k1", &first); status != http.StatusOK {
		t.Fatal(status)
	}
	_ = r.command.Process.Kill()
	<-r.exited

	r = testRig(t, dir)
	c.base = "http://" + r.HTTP + "/api/v1/conversations"
	if status := c.post("/"+begun.ID+"/messages", question, "k1", &again); status != http.StatusOK || len(again.Events) != len(first.Events) {
		t.Errorf("%d: %d events, before %d", status, len(again.Events), len(first.Events))
	}
	if status := c.post("/"+begun.ID+"/messages", map[string]string{"text": "再说一遍"}, "k2", &next); status != http.StatusOK {
		t.Fatal(status)
	}
	last := first.Events[len(first.Events)-1].Seq
	if heard, ok := next.Events[0].Body.(hotline.Heard); !ok || heard.Turn != 2 || next.Events[0].Seq != last+1 {
		t.Errorf("goes on with %+v after %d", next.Events[0], last)
	}
	if ready, err := r.readiness(context.Background()); err != nil || !ready.Storage {
		t.Errorf("%+v %v", ready, err)
	}
}
