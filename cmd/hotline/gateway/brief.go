package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// briefTurns is how many turns an agent is shown of what was said before.
const briefTurns = 20

// understood is what the dialog makes of a person.
func (g *Gateway) understood(s dialog.State) desk.Brief {
	b := desk.Brief{Mood: "calm", Elder: s.Elder, Urgent: s.Safety, Act: s.Matter.Act, Category: s.Matter.Category}
	switch {
	case s.Angry || s.Abused > 0:
		b.Mood = "angry"
	case s.Safety != "":
		b.Mood = "worried"
	}
	names := make([]string, 0, len(s.Facts))
	for name := range s.Facts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if f := s.Facts[name]; f.Value != "" {
			b.Facts = append(b.Facts, desk.Fact{Slot: name, Value: f.Value, Sentence: f.Sentence, Confidence: f.Confidence, Confirmed: f.Confirmed})
		}
	}
	b.Summary = g.summary(s)
	return b
}

// brief is what an agent should know of a conversation before the first word.
func (g *Gateway) brief(ctx context.Context, talk desk.Talk, s dialog.State) desk.Brief {
	b := g.understood(s)
	events, err := g.history(ctx, talk)
	if err != nil {
		g.log.Warn("brief without what was said", "conversation", string(talk.Conversation), "error", err)
	}
	b.Turns = turnsOf(events)
	b.Orders, b.Before = g.past(ctx, talk)
	return b
}

// contactsCounted is how many conversations of a caller are looked for.
const contactsCounted = 20

// past is what a caller had with us: open orders, and how many conversations besides this one. That it cannot be read
// keeps nobody from an agent.
func (g *Gateway) past(ctx context.Context, talk desk.Talk) (orders []desk.Past, before int) {
	orders, err := g.openOrders(ctx, talk.Caller)
	if err != nil {
		g.log.Warn("brief without orders", "conversation", string(talk.Conversation), "error", err)
	}
	contacts, err := g.contacts(ctx, talk.Caller, contactsCounted+1)
	if err != nil {
		g.log.Warn("brief without conversations before", "conversation", string(talk.Conversation), "error", err)
	}
	for _, c := range contacts {
		if c.Conversation != talk.Conversation && before < contactsCounted {
			before++
		}
	}
	return orders, before
}

// history is the log of a conversation of any channel.
func (g *Gateway) history(ctx context.Context, talk desk.Talk) ([]hotline.Event, error) {
	if talk.Channel == hotline.ChannelChat {
		record, err := g.text.chat.Get(ctx, talk.Conversation)
		if err != nil {
			return nil, err
		}
		return g.text.chat.History(ctx, talk.Conversation, max(record.Seq, lookBack)-lookBack, lookBack)
	}
	return g.journal.Read(talk.Conversation)
}

// lookBack is how many events hold the last turns.
const lookBack = 200

// turnsOf are the last turns in a log.
func turnsOf(events []hotline.Event) []desk.Turn {
	var turns []desk.Turn
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Heard:
			if b.Rejected == "" && b.Text != "" {
				turns = append(turns, desk.Turn{By: "caller", Text: b.Text, At: e.At})
			}
		case hotline.Said:
			turns = append(turns, desk.Turn{By: "bot", Text: b.Text, At: e.At})
		case hotline.Uttered:
			turns = append(turns, desk.Turn{By: b.Party, Text: b.Text, At: e.At})
		}
	}
	return turns[max(0, len(turns)-briefTurns):]
}

// summary is a conversation in one sentence that can be spoken.
func (g *Gateway) summary(s dialog.State) string {
	acts := map[string]string{
		"ask": "咨询", "complain": "投诉", "report": "反映", "suggest": "建议", "praise": "表扬", "followup": "追问进度", "emergency": "紧急求助",
	}
	var parts []string
	act := acts[s.Matter.Act]
	if act == "" {
		act = "要求人工服务"
	}
	parts = append(parts, "来电人"+act)
	if c, ok := g.content.knowledge.Base().Category(s.Matter.Category); ok {
		parts = append(parts, c.Name)
	}
	for _, slot := range []string{"address", "org", "time", "ticket"} {
		if f := s.Facts[slot]; f.Value != "" {
			spoken := f.Spoken
			if spoken == "" {
				spoken = f.Value
			}
			parts = append(parts, spoken)
		}
	}
	if story := strings.Join(s.Story, "，"); story != "" {
		if r := []rune(story); len(r) > summaryStory {
			story = string(r[:summaryStory])
		}
		parts = append(parts, "说："+story)
	}
	return strings.Join(parts, "，") + "。"
}

// summaryStory is how many characters of the person's own words a summary has: some six seconds.
const summaryStory = 30
