package api

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
)

// console is one console on the line. The goroutine of run owns it; the others hand it what comes.
type console struct {
	api    *API
	office *office
	conn   *websocket.Conn
	who    identity
	token  string
	agent  desk.Agent

	updates chan desk.Update
	over    chan error // the stream of the desk has ended
	asked   chan clientMessage
	found   chan suggestionsMessage
	recheck chan struct{}

	heard  heardEvents
	seeker seeker

	follows map[hotline.ConversationID]uint64 // number of the last event that was sent
	talks   map[hotline.ConversationID]bool   // of those, that the agent has
	listens hotline.ConversationID
	board   bool
	stale   bool // the board has changed
	shown   time.Time
}

// clientMessage is what a console sends.
type clientMessage struct {
	Type string `json:"type"`
	On   bool   `json:"on"`
}

// Of a console stream.
const (
	eventBacklog = 256 // events until they are read from the log instead
	catchUp      = 500 // events that are read from the log at most
	boardEach    = 5 * time.Second
	recheckEach  = 10 * time.Second
)

// The codes by which a console stream is closed; none of them wants the console to come back by itself.
const (
	closeTakenOver websocket.StatusCode = 4001
	closeSession   websocket.StatusCode = 4002
	closeRemoved   websocket.StatusCode = 4003
)

func newConsole(a *API, conn *websocket.Conn, who identity, token string) *console {
	c := &console{
		api: a, office: a.office, conn: conn, who: who, token: token,
		updates: make(chan desk.Update), over: make(chan error, 1), asked: make(chan clientMessage), found: make(chan suggestionsMessage),
		recheck: make(chan struct{}, 1), heard: heardEvents{wake: make(chan struct{}, 1)}, seeker: seeker{wake: make(chan struct{}, 1)},
		follows: map[hotline.ConversationID]uint64{}, talks: map[hotline.ConversationID]bool{},
	}
	return c
}

// run serves the console until it leaves, its session ends or another one takes over.
func (c *console) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	stream, err := newcomer(ctx, c.office, func() (*desk.Stream, error) { return c.office.Desk.Desk.Connect(ctx, c.who.person.ID) })
	if err != nil {
		cancel()
		_ = c.conn.Close(websocket.StatusTryAgainLater, "the desk does not answer")
		return
	}
	work.Go(func() { defer cancel(); c.hear(ctx) })
	work.Go(func() { c.watch(ctx, stream) })
	work.Go(func() { c.seeker.run(ctx, c.office, c.found) })
	status, reason := c.serve(ctx)
	stream.Close()
	for id := range c.follows {
		c.office.Feed.leave(id, c)
	}
	_ = c.conn.Close(status, reason) // the peer may be gone
	cancel()
	work.Wait()
}

// watch hands on what the desk tells. While the console is slow the desk's own backlog fills up.
func (c *console) watch(ctx context.Context, stream *desk.Stream) {
	for {
		u, err := stream.Next(ctx)
		if err != nil {
			c.over <- err
			return
		}
		select {
		case c.updates <- u:
		case <-ctx.Done():
			return
		}
	}
}

// hear takes messages until the console leaves.
func (c *console) hear(ctx context.Context) {
	for {
		_, text, err := c.conn.Read(ctx)
		if err != nil {
			return
		}
		var m clientMessage
		if json.Unmarshal(text, &m) != nil {
			m.Type = ""
		}
		select {
		case c.asked <- m:
		case <-ctx.Done():
			return
		}
	}
}

// serve sends until there is a reason to end.
func (c *console) serve(ctx context.Context) (websocket.StatusCode, string) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	second := time.NewTicker(boardLife)
	defer second.Stop()
	check := time.NewTicker(recheckEach)
	defer check.Stop()
	for {
		var err error
		select {
		case u := <-c.updates:
			err = c.update(ctx, u)
		case <-c.heard.wake:
			err = c.tellEvents(ctx)
		case m := <-c.found:
			if c.talks[m.Conversation] {
				err = send(ctx, c.conn, m)
			}
		case m := <-c.asked:
			err = c.answer(ctx, m)
		case <-second.C:
			err = c.showBoard(ctx)
		case <-beat.C:
			err = within(ctx, c.conn.Ping)
		case cause := <-c.over:
			return c.end(ctx, cause)
		case <-c.recheck:
			err = c.check(ctx)
		case <-check.C:
			err = c.check(ctx)
		case <-ctx.Done():
			return websocket.StatusGoingAway, ""
		}
		switch {
		case errors.Is(err, errSessionOver):
			return c.last(ctx, "session", closeSession)
		case err != nil:
			return websocket.StatusPolicyViolation, "too slow"
		}
	}
}

// errSessionOver is the end of a stream whose session has ended.
var errSessionOver = errors.New("the session is over")

func (c *console) check(ctx context.Context) error {
	p, goesOn := c.api.still(ctx, c.token)
	if !goesOn {
		return errSessionOver
	}
	if p != nil {
		c.who.person = p
	}
	return nil
}

// end tells the console why the desk has let it go.
func (c *console) end(ctx context.Context, cause error) (websocket.StatusCode, string) {
	switch hotline.CodeOf(cause) {
	case hotline.CodeConflict:
		return c.last(ctx, "taken_over", closeTakenOver)
	case hotline.CodeForbidden:
		return c.last(ctx, "removed", closeRemoved)
	}
	return c.last(ctx, "restart", websocket.StatusTryAgainLater)
}

func (c *console) last(ctx context.Context, reason string, code websocket.StatusCode) (websocket.StatusCode, string) {
	_ = send(ctx, c.conn, endMessage{"end", reason}) // the code says it too
	return code, reason
}

// update passes on what the desk tells, and follows the conversations that it tells of.
func (c *console) update(ctx context.Context, u desk.Update) error {
	switch u := u.(type) {
	case desk.Hello:
		c.agent = u.Agent
		c.talks = map[hotline.ConversationID]bool{}
		for _, h := range u.Talks {
			c.talks[h.Talk.Conversation] = true
		}
		c.listens, c.stale = u.State.Listening, true
	case desk.StateChanged:
		c.listens = u.State.Listening
	case desk.TalkChanged:
		c.talks[u.Talk.Talk.Conversation] = true
	case desk.TalkEnded:
		delete(c.talks, u.Conversation)
	case desk.BoardChanged:
		c.stale = true
		if rows := c.office.board.ofAgent(c.agent, u.Board.Queues, c.api.cfg.Now()); len(rows) > 0 {
			return send(ctx, c.conn, queuesMessage{"queues", rows})
		}
		return nil
	}
	c.follow()
	if m := c.office.message(u, c.agent.ID, c.api.cfg.Now()); m != nil {
		return send(ctx, c.conn, m)
	}
	return nil
}

// follow hears of what the agent has or listens to, and of nothing else.
func (c *console) follow() {
	wanted := func(id hotline.ConversationID) bool { return c.talks[id] || id != "" && id == c.listens }
	for id := range c.follows {
		if !wanted(id) {
			c.office.Feed.leave(id, c)
			delete(c.follows, id)
		}
	}
	begin := func(id hotline.ConversationID) {
		if _, already := c.follows[id]; !already && wanted(id) {
			c.follows[id] = c.office.Feed.follow(id, c)
		}
	}
	for id := range c.talks {
		begin(id)
	}
	begin(c.listens)
}

// tellEvents passes on the events that have come. Those that were too many are read from the log.
func (c *console) tellEvents(ctx context.Context) error {
	events, lost := c.heard.take()
	for _, e := range events {
		if err := c.tellEvent(ctx, e); err != nil {
			return err
		}
	}
	if !lost {
		return nil
	}
	for id := range c.follows {
		if err := c.missed(ctx, id, 0); err != nil {
			return err
		}
	}
	return nil
}

func (c *console) tellEvent(ctx context.Context, e hotline.Event) error {
	last, follows := c.follows[e.Conversation]
	if !follows || e.Seq <= last {
		return nil
	}
	if last > 0 && e.Seq > last+1 {
		return c.missed(ctx, e.Conversation, e.Seq)
	}
	c.follows[e.Conversation] = e.Seq
	return c.sendEvent(ctx, e)
}

func (c *console) sendEvent(ctx context.Context, e hotline.Event) error {
	if heard, ok := e.Body.(hotline.Heard); ok && heard.Rejected == "" && c.talks[e.Conversation] {
		c.seeker.ask(e.Conversation, heard.Text)
	}
	return send(ctx, c.conn, eventMessage{"event", e.Conversation, c.who.sees(e)})
}

// missed sends what the log has after the last event that was sent, to a number or to its end.
func (c *console) missed(ctx context.Context, id hotline.ConversationID, to uint64) error {
	events, err := c.office.Events(ctx, id)
	if err != nil {
		c.api.log.Error("events of a console not read", "conversation", string(id), "error", err)
		return nil // the console reads them with the talk
	}
	for _, e := range events[max(0, len(events)-catchUp):] {
		if e.Seq <= c.follows[id] || to > 0 && e.Seq > to {
			continue
		}
		c.follows[id] = e.Seq
		if err := c.sendEvent(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// answer does what the console asks.
func (c *console) answer(ctx context.Context, m clientMessage) error {
	refused := func(err error) error { return send(ctx, c.conn, problemMessage{"problem", problemOf(err)}) }
	if wait := c.api.doors.enter(c.who); wait > 0 {
		return refused(tooMany(wait))
	}
	switch {
	case m.Type == "ping":
		return send(ctx, c.conn, pongMessage{"pong"})
	case m.Type != "board":
		return refused(hotline.Errorf("read message", hotline.CodeInvalid, `应为 want {"type": "ping"} or {"type": "board", "on": true}`))
	case m.On && !c.who.has(ScopeSupervise):
		return refused(hotline.Errorf("read message", hotline.CodeForbidden, "没有权限，需要 this takes the scope %s", ScopeSupervise))
	}
	c.board, c.stale = m.On, true
	return c.showBoard(ctx)
}

// showBoard sends the board when it has changed, or has become old.
func (c *console) showBoard(ctx context.Context) error {
	now := c.api.cfg.Now()
	if !c.board || !c.stale && now.Sub(c.shown).Abs() < boardEach || now.Sub(c.shown).Abs() < boardLife/2 {
		return nil
	}
	if !c.who.has(ScopeSupervise) {
		c.board = false
		return nil
	}
	board, err := c.office.board.get(ctx)
	if err != nil {
		c.api.log.Warn("board not shown", "error", err)
		return nil
	}
	c.stale, c.shown = false, now
	return send(ctx, c.conn, boardMessage{"board", board})
}
