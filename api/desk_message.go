package api

import (
	"cmp"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
)

// Presence is how an agent stands.
type Presence struct {
	State       desk.State             `json:"state" enum:"offline,ready,ringing,busy,wrap_up,break"`
	Chosen      desk.State             `json:"chosen" enum:"offline,ready,break" doc:"What comes after what they do."`
	Reason      string                 `json:"reason,omitempty"`
	Marked      bool                   `json:"marked,omitempty" doc:"Sent on a break for not answering."`
	Since       time.Time              `json:"since"`
	Headset     bool                   `json:"headset" doc:"Headset or phone is there."`
	Console     bool                   `json:"console"`
	WrapUpUntil *time.Time             `json:"wrap_up_until,omitempty"`
	WrapUp      hotline.ConversationID `json:"wrap_up,omitempty" doc:"To be written down."`
	Callback    string                 `json:"callback,omitempty" doc:"Callback that is being made."`
	Listening   hotline.ConversationID `json:"listening,omitempty" doc:"That a supervisor listens to."`
}

func presenceOf(r desk.PersonRow) Presence {
	return Presence{
		State: r.State, Chosen: r.Chosen, Reason: r.Reason, Marked: r.Marked, Since: r.Since, Headset: r.Line, Console: r.Console,
		WrapUpUntil: optionalTime(r.Until), WrapUp: r.Writing, Callback: r.Callback, Listening: r.Listening,
	}
}

// Offer rings: a conversation, or somebody to call back.
type Offer struct {
	Wanted
	ID           string                 `json:"id"`
	Conversation hotline.ConversationID `json:"conversation"`
	Channel      hotline.Channel        `json:"channel"`
	Caller       string                 `json:"caller"`
	Place        string                 `json:"place,omitempty" doc:"Where the number of the caller is from (归属地)."`
	Queue        string                 `json:"queue"`
	QueueName    string                 `json:"queue_name"`
	Reason       string                 `json:"reason"`
	Again        bool                   `json:"again,omitempty" doc:"The agent had the person's last talk."`
	WaitedMS     int64                  `json:"waited_ms"`
	Expires      time.Time              `json:"expires"`
	Brief        desk.Brief             `json:"brief"`
	Callback     string                 `json:"callback,omitempty" doc:"Somebody to be called back, by the ID of the callback."`
}

// Wanted is what somebody is asked for beside what the queue wants of everybody.
type Wanted struct {
	Skills   map[string]int `json:"skills,omitempty" doc:"Level 1…9 by skill."`
	Language string         `json:"language,omitempty" doc:"Besides Mandarin: yue, en …"`
}

func wanted(q desk.Request) Wanted { return Wanted{q.Skills, q.Language} }

func (o *office) offer(in desk.OfferOpened, agent string, now time.Time) Offer {
	q := in.Request
	out := Offer{
		ID: in.Offer, Conversation: q.Conversation, Channel: q.Channel, Caller: q.Caller, Queue: q.Queue, QueueName: o.board.queueName(q.Queue),
		Wanted: wanted(q), Again: q.Agent == agent && !q.Only,
		Reason: cmp.Or(q.Brief.Reason, q.Reason), WaitedMS: max(0, now.Sub(q.Since).Milliseconds()), Expires: in.Until, Brief: q.Brief,
	}
	if in.Callback != nil {
		out.Callback, out.Caller = in.Callback.ID, in.Callback.Number
	}
	out.Place = o.place(out.Caller)
	return out
}

// Talk is a conversation that an agent has.
type Talk struct {
	Wanted
	Conversation hotline.ConversationID `json:"conversation"`
	Channel      hotline.Channel        `json:"channel"`
	Caller       string                 `json:"caller"`
	Place        string                 `json:"place,omitempty" doc:"Where the number of the caller is from (归属地)."`
	Queue        string                 `json:"queue"`
	Since        time.Time              `json:"since"`
	Phase        string                 `json:"phase" doc:"ringing, briefing, talking, held, dialling, consulting, conference, lost, survey or over."`
	Muted        bool                   `json:"muted"`
	Dialled      bool                   `json:"dialled,omitempty" doc:"The hotline called: keys can be pressed for whom it called."`
	Lost         bool                   `json:"lost,omitempty" doc:"The agent's own console or headset is gone."`
	Brief        desk.Brief             `json:"brief"`
	Parties      []Party                `json:"parties" nullable:"false"`
	Last         uint64                 `json:"last" doc:"Number of the last event; 0 is not known."`
	Note         string                 `json:"note,omitempty" doc:"What the agent has noted. Not on the stream."`
}

// Party takes part in a conversation.
type Party struct {
	ID    string `json:"id"`
	Role  string `json:"role" doc:"caller, bot, agent, peer, service or supervisor."`
	Name  string `json:"name"`
	State string `json:"state" enum:"ringing,on,holding" doc:"Who is holding does so on the phone, and ends it there."`
	Mode  string `json:"mode,omitempty" doc:"Of a supervisor: listen, whisper or barge."`
	Muted bool   `json:"muted,omitempty"`
}

// talk is a conversation as the agent who has it sees it.
func (o *office) talk(h desk.Held, agent string) Talk {
	t := Talk{
		Conversation: h.Talk.Conversation, Channel: h.Talk.Channel, Caller: h.Talk.Caller, Place: o.place(h.Talk.Caller), Queue: h.Request.Queue, Wanted: wanted(h.Request), Since: h.Since,
		Phase: phaseOf(h.Phase), Dialled: h.Talk.Dialled, Lost: h.Lost, Brief: h.Request.Brief, Parties: []Party{}, Last: o.Feed.last(h.Talk.Conversation),
	}
	for _, p := range h.Parties {
		out := Party{ID: p.ID, Role: p.Role, Name: cmp.Or(p.Name, o.board.agentName(p.ID), p.ID), State: "on", Mode: p.Mode, Muted: p.Muted}
		switch {
		case p.Ringing:
			out.State = "ringing"
		case p.Holding:
			out.State = "holding"
		}
		t.Muted = t.Muted || p.ID == agent && p.Muted
		t.Parties = append(t.Parties, out)
	}
	return t
}

// phaseOf is where a conversation is that somebody has. It may not have told yet that it is answered.
func phaseOf(phase string) string {
	switch handoff.Phase(phase) {
	case "", handoff.Bot, handoff.Queued, handoff.Ringing:
		return string(handoff.Talking)
	}
	return phase
}

// The messages of a console stream, by type.
type (
	helloMessage struct {
		Type     string       `json:"type"`
		Agent    desk.Agent   `json:"agent"`
		Presence Presence     `json:"presence"`
		Talks    []Talk       `json:"talks"`
		Offers   []Offer      `json:"offers"`
		Callback *Callback    `json:"callback,omitempty"`
		Queues   []BoardQueue `json:"queues"`
		Resync   bool         `json:"resync,omitempty"`
	}
	presenceMessage struct {
		Type     string   `json:"type"`
		Presence Presence `json:"presence"`
	}
	offerMessage struct {
		Type  string `json:"type"`
		Offer Offer  `json:"offer"`
	}
	offerGoneMessage struct {
		Type   string `json:"type"`
		Offer  string `json:"offer"`
		Reason string `json:"reason"`
	}
	talkMessage struct {
		Type string `json:"type"`
		Talk Talk   `json:"talk"`
	}
	talkGoneMessage struct {
		Type         string                 `json:"type"`
		Conversation hotline.ConversationID `json:"conversation"`
		Reason       string                 `json:"reason"`
	}
	eventMessage struct {
		Type         string                 `json:"type"`
		Conversation hotline.ConversationID `json:"conversation"`
		Event        Event                  `json:"event"`
	}
	suggestionsMessage struct {
		Type         string                 `json:"type"`
		Conversation hotline.ConversationID `json:"conversation"`
		Items        []Suggestion           `json:"items"`
	}
	queuesMessage struct {
		Type  string       `json:"type"`
		Items []BoardQueue `json:"items"`
	}
	boardMessage struct {
		Type  string `json:"type"`
		Board Board  `json:"board"`
	}
	pongMessage struct {
		Type string `json:"type"`
	}
	problemMessage struct {
		Type    string   `json:"type"`
		Problem *problem `json:"problem"`
	}
	endMessage struct {
		Type   string `json:"type"`
		Reason string `json:"reason"` // taken_over, session, removed or restart
	}
)

// goneReason is why an offer is over, in the words of the stream.
func goneReason(r desk.Reason) string {
	switch r {
	case "":
		return "taken"
	case desk.NoAnswer, desk.Declined:
		return string(r)
	}
	return string(desk.Cancelled)
}

// message is an update of the desk for the console of an agent; nil when it is nothing to tell.
func (o *office) message(u desk.Update, agent string, now time.Time) any {
	switch u := u.(type) {
	case desk.Hello:
		m := helloMessage{
			Type: "hello", Agent: u.Agent, Presence: presenceOf(u.State), Talks: []Talk{}, Offers: []Offer{}, Callback: o.promise(u.Callback), Resync: u.Resync,
			Queues: o.board.ofAgent(u.Agent, u.Board.Queues, now),
		}
		for _, h := range u.Talks {
			m.Talks = append(m.Talks, o.talk(h, agent))
		}
		if u.Offer != nil {
			m.Offers = append(m.Offers, o.offer(*u.Offer, agent, now))
		}
		return m
	case desk.StateChanged:
		return presenceMessage{"presence", presenceOf(u.State)}
	case desk.OfferOpened:
		return offerMessage{"offer", o.offer(u, agent, now)}
	case desk.OfferClosed:
		return offerGoneMessage{"offer_gone", u.Offer, goneReason(u.Reason)}
	case desk.TalkChanged:
		return talkMessage{"talk", o.talk(u.Talk, agent)}
	case desk.TalkEnded:
		return talkGoneMessage{"talk_gone", u.Conversation, cmp.Or(string(u.Reason), "finished")}
	}
	return nil
}
