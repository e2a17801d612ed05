package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/media/g711"
)

// deskAgent is an agent as the gateway sees one: a session, a console's stream and a headset by WHIP, whose
// microphone is a tone.
type deskAgent struct {
	rest   restClient
	stream *websocket.Conn
	hears  *toneEar
	voice  headset
	offers chan offerSeen
	ready  chan time.Time  // each time it is ready again
	life   context.Context //nolint:containedctx // of the goroutines it has
	stop   context.CancelFunc
}

// offerSeen is an offer and when it arrived.
type offerSeen struct {
	id, conversation string
	at               time.Time
}

// startAgent logs somebody in, connects their headset and is ready.
func startAgent(ctx context.Context, r *rig, login, password string) (*deskAgent, error) {
	a, err := signIn(ctx, r, login, password)
	if err != nil {
		return nil, err
	}
	if err := a.connect(ctx, r); err != nil {
		return nil, errors.Join(err, a.close())
	}
	asked := time.Now()
	if err := a.command(ctx, http.MethodPut, "/desk/me/state", map[string]string{"state": "ready"}); err != nil {
		return nil, errors.Join(err, a.close())
	}
	_, err = a.free(ctx, asked)
	return a, err
}

// signIn logs somebody in and connects their console.
func signIn(ctx context.Context, r *rig, login, password string) (*deskAgent, error) {
	rest, err := r.logIn(ctx, login, password)
	if err != nil {
		return nil, err
	}
	a := &deskAgent{rest: rest, offers: make(chan offerSeen, 4), ready: make(chan time.Time, 16), hears: newToneEar(callerTone)}
	a.voice = newHeadset(func(pcm []int16) { a.hears.take(pcm, g711.Rate) })
	//nolint:bodyclose // it has none that is to be closed
	if a.stream, _, err = websocket.Dial(ctx, "ws://"+r.HTTP+api.Base+"/desk/stream", &websocket.DialOptions{
		Subprotocols: []string{"hotline.desk", "bearer." + rest.token},
	}); err != nil {
		return nil, err
	}
	a.stream.SetReadLimit(1 << 20)
	ctx, a.stop = context.WithCancel(ctx)
	a.life = ctx
	go a.listen(ctx)
	return a, nil
}

// free waits until the agent is ready for the next call and returns how long that took since a time.
func (a *deskAgent) free(ctx context.Context, since time.Time) (time.Duration, error) {
	late := time.After(10 * time.Second)
	for {
		select {
		case at := <-a.ready:
			if !at.Before(since) {
				return at.Sub(since), nil
			}
		case <-late:
			return 0, fmt.Errorf("the agent is not ready")
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// close goes without a word, as when a browser dies.
func (a *deskAgent) close() error {
	a.stop()
	return errors.Join(a.stream.CloseNow(), a.voice.close())
}

// listen takes what the console is told.
func (a *deskAgent) listen(ctx context.Context) {
	for {
		var m struct {
			Type     string
			Presence struct {
				State   string
				Headset bool
			}
			Offer json.RawMessage
		}
		if err := wsjson.Read(ctx, a.stream, &m); err != nil {
			return
		}
		switch m.Type {
		case "offer":
			var o struct{ ID, Conversation string }
			if json.Unmarshal(m.Offer, &o) == nil {
				latest(a.offers, offerSeen{o.ID, o.Conversation, time.Now()})
			}
		case "presence":
			if m.Presence.State == "ready" {
				latest(a.ready, time.Now())
			}
		}
	}
}

// latest puts a value into a full channel, too: the oldest gives way.
func latest[T any](c chan T, v T) {
	for {
		select {
		case c <- v:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}

// command does something that has no answer.
func (a *deskAgent) command(ctx context.Context, method, path string, body any) error {
	_, err := a.rest.do(ctx, method, path, "", body, nil)
	return err
}

// connect brings up the headset.
func (a *deskAgent) connect(ctx context.Context, r *rig) error {
	var g grant
	if _, err := a.rest.post(ctx, "/desk/headset", "", struct{}{}, &g); err != nil {
		return err
	}
	return a.voice.connect(a.life, r, g)
}
