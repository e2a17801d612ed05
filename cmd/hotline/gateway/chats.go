package gateway

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
)

// chats is the desk as conversations in text have it; it implements chat.Desk. One that asks for
// people for the first time is made known to the desk and stays so until it ends.
type chats struct{ gateway *Gateway }

// Do implements chat.Desk.
func (c chats) Do(r chat.Record, wish handoff.Action) { c.seat(r).Do(wish, r.State) }

// Show implements chat.Desk.
func (c chats) Show(r chat.Record) {
	seat := c.seat(r)
	parties := []desk.Party{{ID: r.Visitor, Role: string(handoff.RoleCaller)}}
	if r.Handoff.Staffed() {
		parties = append(parties, desk.Party{ID: r.Handoff.Agent.ID, Name: r.Handoff.Agent.Name, Role: string(handoff.RoleAgent)})
	}
	seat.show(string(r.Handoff.Phase), parties, r.State)
	if !r.Open() {
		c.close(r.ID)
	}
}

// seat returns a conversation at the desk. One that comes when those have been let go of has nobody to talk to: its
// place is found again at the next start.
func (c chats) seat(r chat.Record) *seatOfDesk {
	g := c.gateway
	g.people.mu.Lock()
	defer g.people.mu.Unlock()
	seat := g.people.chats[r.ID]
	if seat == nil {
		seat = g.newSeat(desk.Talk{Conversation: r.ID, Channel: hotline.ChannelChat, Caller: r.Visitor, Started: r.Started}, g.log.With("conversation", string(r.ID)))
		if g.people.left {
			return seat
		}
		ctx, leave := context.WithCancel(context.Background())
		seat.leave = leave
		g.people.chats[r.ID] = seat
		g.people.work.Go(func() { seat.run(ctx, nil) })
		g.people.work.Go(func() { c.listen(ctx, r.ID, seat) })
	}
	return seat
}

// listen hands what the desk tells to the conversation.
func (c chats) listen(ctx context.Context, id hotline.ConversationID, seat *seatOfDesk) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-seat.notices:
			c.tell(ctx, id, seat, n)
		}
	}
}

// noticeAgain is when a conversation that could not be told is told again.
const noticeAgain = time.Second

// tell tells a conversation what the desk has, until it knows: an agent whom the desk has put into it would wait for it,
// and it for them. Only a command may fail, for somebody waits to hear that.
func (c chats) tell(ctx context.Context, id hotline.ConversationID, seat *seatOfDesk, n desk.Notice) {
	command, commanded := n.(desk.Commanded)
	for {
		var err error
		seat.carryOut(func(ctx context.Context) { err = c.gateway.text.chat.Notice(ctx, id, n) }) // also when it ends meanwhile: it is told so
		if commanded && command.Reply != nil {
			command.Reply(err)
		}
		switch hotline.CodeOf(err) {
		case "", hotline.CodeConflict, hotline.CodeNotFound, hotline.CodeInvalid:
			return
		}
		seat.log.Error("notice of the desk not taken", "error", err)
		if commanded {
			return
		}
		select {
		case <-c.gateway.clock.After(noticeAgain):
		case <-ctx.Done():
			return
		}
	}
}

// close ends a conversation at the desk.
func (c chats) close(id hotline.ConversationID) {
	g := c.gateway
	g.people.mu.Lock()
	defer g.people.mu.Unlock()
	if seat := g.people.chats[id]; seat != nil {
		seat.leave()
		delete(g.people.chats, id)
	}
}
