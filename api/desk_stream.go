package api

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/coder/websocket"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk/handoff"
)

// deskProtocol is the subprotocol of a console stream.
const deskProtocol = "hotline.desk"

func (a *API) deskStream() {
	op := a.bare("open-desk-stream", http.MethodGet, "/desk/stream", "控制台 WebSocket", needAgent)
	op.Hidden = true // OpenAPI has no words for WebSocket
	a.router.MethodFunc(op.Method, op.Path, a.serveConsole)
}

// consoles are those that are connected.
type consoles struct {
	mu  sync.Mutex
	all map[*console]bool
}

func (c *consoles) add(one *console) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[one] = true
}

func (c *consoles) remove(one *console) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, one)
}

// recheck has every console ask at once whether its session goes on.
func (c *consoles) recheck() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.all {
		poke(one.recheck)
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// serveConsole is the stream of one console.
func (a *API) serveConsole(w http.ResponseWriter, r *http.Request) {
	if err := a.handshake(w, r); err != nil {
		a.refuse(w, r, err)
		return
	}
	who, token, err := a.personAtSocket(r, ScopeDesk)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	leave, err := a.streams.begin("console:" + who.person.ID)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer leave()
	a.sockets.Add(1)
	defer a.sockets.Done()
	if err := a.enlisted(r.Context(), who.person.ID); err != nil {
		a.refuse(w, r, err)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: []string{deskProtocol}}) // the origin was looked at above
	if err != nil {
		return // answered by Accept
	}
	defer func() { _ = conn.CloseNow() }() // closed in order before, or broken
	conn.SetReadLimit(maxBody)
	c := newConsole(a, conn, who, token)
	a.office.consoles.add(c)
	defer a.office.consoles.remove(c)
	c.run(r.Context())
}

// enlisted makes sure that the desk knows an agent, whose account may have been made elsewhere.
func (a *API) enlisted(ctx context.Context, agent string) error {
	_, err := a.office.Desk.Desk.Look(ctx, agent)
	if hotline.CodeOf(err) != hotline.CodeNotFound {
		return err
	}
	if err := a.office.retold(ctx); err != nil {
		return err
	}
	_, err = a.office.Desk.Desk.Look(ctx, agent)
	return err
}

// still tells whether a session goes on and its person may still be at the desk.
func (a *API) still(ctx context.Context, token string) (*account.Person, bool) {
	p, err := a.personOf(ctx, token)
	switch {
	case hotline.CodeOf(err) == hotline.CodeUnauthorized:
		return nil, false
	case err != nil: // the storage does not answer: nobody is cut off for that
		return nil, true
	}
	who := identity{person: p}
	return p, who.has(ScopeDesk)
}

// ownsTalk tells whether an agent has a conversation, writes it down, or took part in it.
func (o *office) ownsTalk(ctx context.Context, agent string, id hotline.ConversationID) error {
	h, err := o.Desk.Desk.Look(ctx, agent)
	if err != nil && hotline.CodeOf(err) != hotline.CodeNotFound {
		return err
	}
	for _, held := range h.Talks {
		if held.Talk.Conversation == id {
			return nil
		}
	}
	if h.State.Writing == id {
		return nil
	}
	_, err = o.tookPart(ctx, agent, id)
	return err
}

// tookPart returns the log of a conversation in which an agent took part. Who listened has no part in it.
func (o *office) tookPart(ctx context.Context, agent string, id hotline.ConversationID) ([]hotline.Event, error) {
	events, err := o.Events(ctx, id)
	if err != nil && hotline.CodeOf(err) != hotline.CodeNotFound { // not even that it exists is told
		return nil, err
	}
	if !slices.ContainsFunc(events, func(e hotline.Event) bool {
		joined, ok := e.Body.(hotline.Joined)
		return ok && joined.Party == agent && joined.Role != string(handoff.RoleSupervisor)
	}) {
		return nil, hotline.Errorf("find talk", hotline.CodeForbidden, "不是您的会话 the conversation is not yours")
	}
	return events, nil
}
