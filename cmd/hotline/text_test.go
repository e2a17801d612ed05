package main

import (
	"context"
	"fmt"
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

func TestAKilledGatewayGoesOnWithItsConversations(t *testing.T) {
	dir := t.TempDir()
	r := testRig(t, dir)
	c := restClient{address: r.HTTP, http: http.DefaultClient}
	post := func(path string, body any, key string, into any) int {
		t.Helper()
		status, err := c.post(t.Context(), "/conversations"+path, key, body, into)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	var begun struct{ ID, Token string }
	if status := post("", map[string]string{"channel": "text"}, "", &begun); status != http.StatusCreated {
		t.Fatal(status)
	}
	c.token = begun.Token
	var first, again, next struct{ Events []hotline.Event }
	question := map[string]string{"text": "办居住证要什么材料"}
	if status := post("/"+begun.ID+"/messages", question, "k1", &first); status != http.StatusOK {
		t.Fatal(status)
	}
	_ = r.command.Process.Kill()
	<-r.exited

	r = testRig(t, dir)
	c.address = r.HTTP
	if status := post("/"+begun.ID+"/messages", question, "k1", &again); status != http.StatusOK || len(again.Events) != len(first.Events) {
		t.Errorf("%d: %d events, before %d", status, len(again.Events), len(first.Events))
	}
	if status := post("/"+begun.ID+"/messages", map[string]string{"text": "再说一遍"}, "k2", &next); status != http.StatusOK {
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
