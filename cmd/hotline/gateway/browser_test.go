package gateway

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/store/db"
	"github.com/hotline-cc/hotline/webrtc"
)

func TestPagesOfAllowedOriginsMayCall(t *testing.T) {
	const page = "https://www.yunzhou.example"
	store, err := db.Open(t.Context(), db.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := api.New(api.Config{Chat: new(chat.Host), Store: store, Files: t.TempDir(), TokenKey: make([]byte, 32), Origins: []string{page}})
	if err != nil {
		t.Fatal(err)
	}
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{cfg: &config.Config{}, text: &text{api: a}}
	g.people.browsers, err = webrtc.New(webrtc.Config{
		UDP: []webrtc.Bind{{Address: netip.MustParseAddrPort("127.0.0.1:0")}}, Pacer: pacer, Peek: g.people.tokens.Peek, Admit: g.admit,
		Answer: func(context.Context, *webrtc.Leg) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, origin string) http.Header {
		r := httptest.NewRequest(method, whipPath+"/leg", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", http.MethodPatch)
		w := httptest.NewRecorder()
		g.browserHandler().ServeHTTP(w, r)
		return w.Header()
	}
	for origin, allowed := range map[string]string{page: page, "https://evil.example": ""} {
		before, with := ask(http.MethodOptions, origin), ask(http.MethodPatch, origin)
		for _, h := range []http.Header{before, with} {
			if got := h.Get("Access-Control-Allow-Origin"); got != allowed {
				t.Errorf("%s: allowed %q, want %q", origin, got, allowed)
			}
		}
		if may := strings.Contains(before.Get("Access-Control-Allow-Methods"), http.MethodPatch) && strings.Contains(before.Get("Access-Control-Allow-Headers"), "If-Match"); may != (allowed != "") {
			t.Errorf("%s: may change a call: %v", origin, may)
		}
		if told := strings.Contains(with.Get("Access-Control-Expose-Headers"), "Location"); told != (allowed != "") {
			t.Errorf("%s: is told where its call is: %v", origin, told)
		}
	}
}
