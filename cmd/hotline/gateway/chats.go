package gateway

import (
	"context"

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

// seat returns a conversation at the desk.
func (c chats) seat(r chat.Record) *seatOfDesk {
	g := c.gateway
	g.people.mu.Lock()
	defer g.people.mu.Unlock()
	seat := g.people.chats[r.ID]
	if seat == nil {
		seat = g.newSeat(desk.Talk{Conversation: r.ID, Channel: hotline.ChannelChat, Caller: r.Visitor, Started: r.Started}, g.log.With("conversation", string(r.ID)))
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
			seat.carryOut(func(ctx context.Context) { // also when the conversation ends meanwhile: it is told so
				err := c.gateway.text.chat.Notice(ctx, id, n)
				if command, ok := n.(desk.Commanded); ok && command.Reply != nil {
					command.Reply(err)
				} else if err != nil && hotline.CodeOf(err) != hotline.CodeConflict {
					seat.log.Error("notice of the desk not taken", "error", err)
				}
			})
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
