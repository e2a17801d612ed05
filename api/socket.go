package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
)

// said is what a client sends.
type said struct {
	Text string `json:"text"`
	Key  string `json:"key"`
}

// socket is a stream of events that also takes messages.
func (a *API) socket(w http.ResponseWriter, r *http.Request, who identity) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		a.refuse(w, r, statusError{hotline.Errorf("open socket", hotline.CodeInvalid, "请用 WebSocket 连接 connect by WebSocket"), http.StatusUpgradeRequired})
		return
	}
	if _, allowed := a.fromAfar(r); !allowed {
		a.refuse(w, r, hotline.Errorf("open socket", hotline.CodeForbidden, "该网页来源不在允许之列 the origin is not allowed"))
		return
	}
	leave, err := a.streams.begin(chi.URLParam(r, "id"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer leave()
	watch, _, err := a.watch(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer watch.Stop()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // the origin was looked at above
	if err != nil {
		return // answered by Accept
	}
	defer func() { _ = conn.CloseNow() }() // closed in order before, or broken
	conn.SetReadLimit(maxBody)
	ctx, cancel := context.WithCancel(r.Context())
	var reading sync.WaitGroup
	reading.Go(func() {
		defer cancel()
		a.hear(ctx, conn, hotline.ConversationID(chi.URLParam(r, "id")), who)
	})
	status, reason := a.tell(ctx, conn, watch)
	_ = conn.Close(status, reason) // the peer may be gone
	cancel()
	reading.Wait()
}

// tell sends events until there are no more.
func (a *API) tell(ctx context.Context, conn *websocket.Conn, watch *chat.Watch) (websocket.StatusCode, string) {
	for {
		events, err := nextOrBeat(ctx, watch)
		switch {
		case errors.Is(err, io.EOF):
			return websocket.StatusNormalClosure, "ended"
		case errors.Is(err, chat.ErrSlow):
			return websocket.StatusTryAgainLater, "resume after the last event"
		case err != nil:
			return websocket.StatusGoingAway, ""
		}
		if len(events) == 0 {
			err = within(ctx, conn.Ping)
		}
		for _, e := range events {
			if err == nil {
				err = send(ctx, conn, e)
			}
		}
		if err != nil {
			return websocket.StatusPolicyViolation, "too slow"
		}
	}
}

func within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return do(ctx)
}

func send(ctx context.Context, conn *websocket.Conn, v any) error {
	return within(ctx, func(ctx context.Context) error { return wsjson.Write(ctx, conn, v) })
}

// hear takes messages until the client leaves. Their answers come as events, like everybody's.
func (a *API) hear(ctx context.Context, conn *websocket.Conn, id hotline.ConversationID, who identity) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var m said
		if err = json.Unmarshal(text, &m); err != nil {
			err = hotline.Errorf("read message", hotline.CodeInvalid, `应为 want {"text": "…", "key": "…"}`)
		} else if wait := a.doors.enter(who); wait > 0 {
			err = tooMany(wait)
		} else if strings.ContainsFunc(m.Key, func(r rune) bool { return r < '!' || r > '~' }) {
			err = hotline.Errorf("read message", hotline.CodeInvalid, "key 只能用可见的 ASCII 字符 want visible ASCII characters")
		} else {
			_, err = a.cfg.Chat.Post(ctx, id, chat.Message{Text: m.Text, Key: m.Key})
		}
		if err == nil {
			continue
		}
		p := problemOf(err)
		a.logFault(ctx, "WS", p.Status, err)
		if send(ctx, conn, p) != nil {
			return
		}
	}
}
