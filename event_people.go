package hotline

// The kinds of event of a conversation that people take part in. A party is the ID of an agent or
// supervisor, a number that was dialled, or a service such as 110.
type (
	// Waiting is the place in a queue as it was told: Position from 1, WaitMS as expected.
	Waiting struct {
		Queue    string `json:"queue"`
		Position int    `json:"position"`
		WaitMS   int    `json:"wait_ms"`
	}
	// Offered says that somebody was rung.
	Offered struct {
		Party string `json:"party"`
		Name  string `json:"name,omitempty"`
	}
	// OfferEnded says that they did not take it.
	OfferEnded struct {
		Party  string `json:"party"`
		Reason string `json:"reason"` // no_answer, declined, busy, network, cancelled …
	}
	// Joined says that a party takes part.
	Joined struct {
		Party string `json:"party"`
		Name  string `json:"name,omitempty"`
		Role  string `json:"role"`           // agent, peer, service, supervisor
		Mode  string `json:"mode,omitempty"` // of a supervisor: listen, whisper, barge
	}
	// Left says that it does no longer.
	Left struct {
		Party  string `json:"party"`
		Role   string `json:"role"`
		Reason string `json:"reason,omitempty"`
	}
	// Uttered is what a party said to the person, or typed.
	Uttered struct {
		Party    string `json:"party"`
		Role     string `json:"role"`
		Text     string `json:"text"`
		SpeechMS int    `json:"speech_ms,omitempty"`
		Key      string `json:"key,omitempty"` // of a message, so that it is not taken twice
	}
	// Held says that the agent let the person wait with music, or ended that.
	Held struct {
		Party string `json:"party"`
		On    bool   `json:"on"`
	}
	// Noted is a remark of an agent that the person does not see. An empty one takes back the one it replaces.
	Noted struct {
		Party    string `json:"party"`
		Text     string `json:"text"`
		Replaces uint64 `json:"replaces,omitempty"` // number of the event that it takes the place of
	}
	// Returned says that people gave the conversation back to the bot.
	Returned struct {
		Party  string `json:"party,omitempty"`
		Reason string `json:"reason"`
	}
	// Rated is the grade given after a talk, 1…5 with 5 the best (GB/T 33358 names five). One that is given once the
	// conversation is over, by link or in the widget, stands beside the log.
	Rated struct {
		Grade int    `json:"grade"`
		How   string `json:"how"` // keys, voice, text
		Party string `json:"party,omitempty"`
	}
)

// Unsatisfied is the best grade after which somebody is called back.
const Unsatisfied = 2

func (Waiting) Kind() string    { return "waiting" }
func (Offered) Kind() string    { return "offered" }
func (OfferEnded) Kind() string { return "offer_ended" }
func (Joined) Kind() string     { return "joined" }
func (Left) Kind() string       { return "left" }
func (Uttered) Kind() string    { return "uttered" }
func (Held) Kind() string       { return "held" }
func (Noted) Kind() string      { return "noted" }
func (Returned) Kind() string   { return "returned" }
func (Rated) Kind() string      { return "rated" }
