package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
)

const (
	heartbeat = 15 * time.Second
	// sendWithin is how long a peer may take to accept what is sent.
	sendWithin = 10 * time.Second
	// streamLife is how long a stream goes on before the client has to show again that it may listen.
	streamLife = time.Hour
)

// errRenew ends a stream that has gone on for streamLife.
var errRenew = errors.New("the stream is to be opened again")

func (a *API) streamEndpoints() {
	const one = "/conversations/{id}"
	params := func(more ...*huma.Param) []*huma.Param {
		zero := 0.0
		return append([]*huma.Param{
			{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9a-v]{26}$"}},
			{Name: "after", In: "query", Description: "Number of the last event that is known.", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &zero}},
			{Name: "token", In: "query", Description: "Visitor's token, where headers cannot be set. It is not logged.", Schema: &huma.Schema{Type: huma.TypeString}},
			reasonParam(),
		}, more...)
	}
	zero := 0.0
	stream := a.bare("stream-events", http.MethodGet, one+"/stream", "事件流 Events as they happen (SSE)", needStream, http.StatusNotFound)
	stream.Description = "Each event has its number as id, its kind as event and itself as data. Comments keep the connection alive. " +
		"After `event: resume` the stream ends, because the client was too slow or an hour is over; it goes on with Last-Event-ID.\n\n" +
		"The same over WebSocket is at ../ws: the server sends events as JSON, one a message, and a problem document for what it refuses; " +
		"the client sends {\"text\", \"key\"}, where key is optional and works as Idempotency-Key does."
	stream.Parameters = params(&huma.Param{Name: "Last-Event-ID", In: "header", Description: "As after; it goes first.", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &zero}})
	text := &huma.Schema{Type: huma.TypeString}
	stream.Responses = map[string]*huma.Response{
		"200": {Description: "Events", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"event", "data"}, Properties: map[string]*huma.Schema{"id": text, "event": text, "data": text},
		}}}},
		"204": {Description: "The conversation has ended and all its events are known. EventSource does not come back after it."},
	}
	a.raw(stream, needStream, a.stream)

	// OpenAPI has no words for WebSocket.
	socket := a.bare("open-socket", http.MethodGet, one+"/ws", "WebSocket", needSocket)
	socket.Hidden, socket.Parameters = true, params()
	a.raw(socket, needSocket, a.socket)
}

// watch begins to follow the conversation of a request.
func (a *API) watch(r *http.Request) (*chat.Watch, uint64, error) {
	query := r.URL.Query()
	given := r.Header.Values("Last-Event-ID")
	if query.Has("after") {
		given = append([]string{query.Get("after")}, given[:min(1, len(given))]...)
	}
	var seq uint64
	for _, after := range given { // the last one counts
		var err error
		if seq, err = strconv.ParseUint(after, 10, 63); err != nil {
			return nil, 0, hotline.Errorf("open stream", hotline.CodeInvalid, "after 应为事件序号 want the number of an event, 0 or more")
		}
	}
	w, err := a.cfg.Chat.Watch(r.Context(), hotline.ConversationID(chi.URLParam(r, "id")), seq)
	return w, seq, err
}

// stream sends events until the conversation ends, the client leaves or is too slow.
func (a *API) stream(w http.ResponseWriter, r *http.Request, who identity) {
	leave, err := a.streams.begin(chi.URLParam(r, "id"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer leave()
	watch, after, err := a.watch(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer watch.Stop()
	if watch.Over(after) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	s := sender{w, http.NewResponseController(w)}
	_ = s.control.SetReadDeadline(time.Time{}) // nothing more is read
	if s.send(": hello\nretry: 2000\n\n") != nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), a.streamLife, errRenew)
	defer cancel()
	for {
		events, err := nextOrBeat(ctx, watch, func() error { return a.permit(r, needStream, who) })
		switch {
		case errors.Is(err, chat.ErrSlow), errors.Is(err, errRenew):
			_ = s.send("event: resume\ndata: {}\n\n") // it may be gone
			return
		case err != nil:
			return
		case len(events) == 0:
			err = s.send(": \n\n")
		}
		for _, e := range events {
			if err == nil {
				err = s.event(who.sees(e))
			}
		}
		if err != nil {
			return
		}
	}
}

// nextOrBeat waits for events, and returns none when it is time for a sign of life. When the conversation becomes
// confidential it fails unless the client may still follow.
func nextOrBeat(ctx context.Context, w *chat.Watch, may func() error) ([]hotline.Event, error) {
	within, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	events, err := w.Next(within)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, nil
	}
	if slices.ContainsFunc(events, func(e hotline.Event) bool {
		decided, ok := e.Body.(hotline.Decided)
		return ok && decided.What == "confidential"
	}) {
		err = may()
	}
	return events, err
}

// sender writes to a client and does not wait for one that does not read.
type sender struct {
	w       io.Writer
	control *http.ResponseController
}

func (s sender) event(e Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.send(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Body.Kind(), text))
}

func (s sender) send(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(sendWithin)); err != nil {
		return err
	}
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	if err := s.control.Flush(); err != nil {
		return err
	}
	return s.control.SetWriteDeadline(time.Time{}) // over HTTP/2 it would end the stream though nothing is being written
}
