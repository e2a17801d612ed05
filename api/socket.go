package api

import (
	"context"
	"encoding/base64"
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
	if err := a.handshake(w, r); err != nil {
		a.refuse(w, r, err)
		return
	}
	leave, err := a.streams.begin(chi.URLParam(r, "id"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer leave()
	a.sockets.Add(1)
	defer a.sockets.Done() // when the watch has stopped
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
	telling, done := context.WithTimeoutCause(ctx, a.streamLife, errRenew)
	defer done()
	var reading sync.WaitGroup
	reading.Go(func() {
		defer cancel()
		a.hear(ctx, conn, hotline.ConversationID(chi.URLParam(r, "id")), who)
	})
	status, reason := a.tell(telling, conn, watch, who, func() error { return a.permit(r, needSocket, who) })
	_ = conn.Close(status, reason) // the peer may be gone
	cancel()
	reading.Wait()
}

// handshake tells whether a request opens a WebSocket (RFC 6455 section 4.2.1) and comes from a page that may.
// websocket.Accept asks the same and answers in plain text.
func (a *API) handshake(w http.ResponseWriter, r *http.Request) error {
	const op = "open socket"
	names := func(header, token string) bool {
		for part := range strings.SplitSeq(strings.Join(r.Header.Values(header), ","), ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
		return false
	}
	if r.ProtoMajor != 1 || !names("Upgrade", "websocket") || !names("Connection", "upgrade") || r.Header.Get("Sec-WebSocket-Version") != "13" {
		w.Header().Set("Upgrade", "websocket")
		return statusError{hotline.Errorf(op, hotline.CodeInvalid, "请用 WebSocket 13 连接 connect by WebSocket 13 over HTTP/1.1"), http.StatusUpgradeRequired}
	}
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	if err != nil || len(key) != 16 || len(r.Header.Values("Sec-WebSocket-Key")) != 1 {
		return statusError{hotline.Errorf(op, hotline.CodeInvalid, "Sec-WebSocket-Key 有误 is wrong"), http.StatusBadRequest}
	}
	if _, allowed := a.fromAfar(r); !allowed {
		return hotline.Errorf(op, hotline.CodeForbidden, "该网页来源不在允许之列 the origin is not allowed")
	}
	return nil
}

// tell sends events until there are no more.
func (a *API) tell(ctx context.Context, conn *websocket.Conn, watch *chat.Watch, who identity, may func() error) (websocket.StatusCode, string) {
	for {
		events, err := nextOrBeat(ctx, watch, may)
		switch {
		case errors.Is(err, io.EOF):
			return websocket.StatusNormalClosure, "ended"
		case errors.Is(err, chat.ErrSlow), errors.Is(err, errRenew):
			return websocket.StatusTryAgainLater, "resume after the last event"
		case err != nil:
			return websocket.StatusGoingAway, ""
		}
		if len(events) == 0 {
			err = within(ctx, conn.Ping)
		}
		for _, e := range events {
			if err == nil {
				err = send(ctx, conn, who.sees(e))
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
