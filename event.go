package hotline

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is one entry of a conversation's log. The log is append-only and ordered by Seq (from 1,
// without gaps); transcript, trace, CDR and replay are readers of it, never second copies.
type Event struct {
	Conversation ConversationID
	Seq          uint64
	At           time.Time
	Body         EventBody
}

// Evidence is what spoke for a decision, with its weight.
type Evidence struct {
	For     string  `json:"for"`
	Feature string  `json:"feature"`
	Weight  float64 `json:"weight"`
}

// EventBody is what happened. Kind is the stable name it has in the log.
type EventBody interface{ Kind() string }

// The kinds of event. Offsets and lengths in time are milliseconds in JSON.
type (
	// Started opens the log.
	Started struct {
		Channel Channel `json:"channel"`
		From    string  `json:"from,omitempty"` // caller as the network presented it
		To      string  `json:"to,omitempty"`   // number or address that was dialled
		CallID  string  `json:"call_id,omitempty"`
		Codec   string  `json:"codec,omitempty"`
		Elder   bool    `json:"elder,omitempty"` // known beforehand
	}
	// Heard is one turn of the person: Text as folded for matching, Raw as recognised or typed.
	Heard struct {
		Turn       int     `json:"turn"`
		Text       string  `json:"text"`
		Raw        string  `json:"raw,omitempty"`
		Confidence float64 `json:"confidence"`            // 0…1
		LogProb    float64 `json:"log_prob,omitempty"`    // mean token log-probability
		SpeechMS   int     `json:"speech_ms,omitempty"`   // length of the utterance
		Rejected   string  `json:"rejected,omitempty"`    // why it was not taken as a turn: noise, backchannel, echo …
		OverPrompt bool    `json:"over_prompt,omitempty"` // said while we were speaking
		Replaces   int     `json:"replaces,omitempty"`    // the turn this one continues and takes the place of
	}
	// KeyPressed is one telephone key, already de-duplicated. Secret digits are logged as "*".
	KeyPressed struct {
		Key    string `json:"key"`
		Source string `json:"source"` // rfc4733, info, inband
	}
	// Decided tells why the dialog did what it did. What names the decision: understood, ask, answer,
	// confirm, correct, reprompt …
	Decided struct {
		Turn     int        `json:"turn"`
		What     string     `json:"what"`
		Slot     string     `json:"slot,omitempty"`
		From     string     `json:"from,omitempty"`
		To       string     `json:"to,omitempty"`
		Items    []string   `json:"items,omitempty"`
		Act      string     `json:"act,omitempty"`
		Category string     `json:"category,omitempty"`
		Entry    string     `json:"entry,omitempty"`
		Score    float64    `json:"score,omitempty"` // chance 0…1, or the priority of a handover
		Reason   string     `json:"reason,omitempty"`
		Evidence []Evidence `json:"evidence,omitempty"`
	}
	// Unheard says that the dialog was told of speech whose words could not be had; Failed by the
	// recogniser's own fault.
	Unheard struct {
		Failed bool `json:"failed,omitempty"`
	}
	// Silent says that nothing was said in the time there was for it.
	Silent struct{}
	// LookedUp is what another system was asked and answered. Errand counts the errands of the
	// conversation.
	LookedUp struct {
		Errand string         `json:"errand"`
		System string         `json:"system"`
		Input  map[string]any `json:"input,omitempty"`
		Failed string         `json:"failed,omitempty"`
		Result map[string]any `json:"result,omitempty"`
		TookMS int            `json:"took_ms"`
	}
	// Filed is a work order that was made, or what was done with one.
	Filed struct {
		Errand     string            `json:"errand"`
		What       string            `json:"what"` // new, update, urge, append, withdraw, reopen, survey or callback
		Number     string            `json:"number,omitempty"`
		Act        string            `json:"act,omitempty"`
		Category   string            `json:"category,omitempty"`
		DispatchTo string            `json:"dispatch_to,omitempty"` // department
		Urgency    string            `json:"urgency,omitempty"`
		Facts      map[string]string `json:"facts,omitempty"` // by slot
		Text       string            `json:"text,omitempty"`
		Failed     string            `json:"failed,omitempty"`
	}
	// Said is a prompt as the person heard it: cut at HeardMS when interrupted.
	Said struct {
		Prompt      string `json:"prompt,omitempty"`
		Text        string `json:"text"`
		HeardMS     int    `json:"heard_ms"`
		LengthMS    int    `json:"length_ms"`
		Interrupted bool   `json:"interrupted,omitempty"`
		Source      string `json:"source,omitempty"` // cache, live, fallback
		// Choices are short answers that a text channel offers to tap.
		Choices []string `json:"choices,omitempty"`
	}
	// Attached says that the person sent a file.
	Attached struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type string `json:"type"` // media type as found by looking at the content
		Size int64  `json:"size"` // bytes
	}
	// TurnTraced holds when each stage of one turn ended, counted from the caller's last voiced
	// sample as it reached us.
	TurnTraced struct {
		Turn         int  `json:"turn"`
		EndpointMS   int  `json:"endpoint_ms"`
		RecognisedMS int  `json:"recognised_ms"`
		DecidedMS    int  `json:"decided_ms"`
		FirstAudioMS int  `json:"first_audio_ms"`
		FirstSentMS  int  `json:"first_sent_ms"`
		Cached       bool `json:"cached"`
		Speculative  bool `json:"speculative"` // the early recognition was used as it was
	}
	// Degraded says that a stage failed or stalled and what was done instead.
	Degraded struct {
		Stage  string `json:"stage"`
		Reason string `json:"reason"`
	}
	// HandedOver says that the conversation was given to a queue or a person.
	HandedOver struct {
		Queue    string            `json:"queue"`
		Reason   string            `json:"reason"`
		Priority int               `json:"priority"`          // 0 first, 9 last
		Service  string            `json:"service,omitempty"` // 110, 119 or 120, to be joined
		Category string            `json:"category,omitempty"`
		Facts    map[string]string `json:"facts,omitempty"`    // what need not be asked again, by slot
		Skills   map[string]int    `json:"skills,omitempty"`   // level 1…9 that who takes it should have
		Language string            `json:"language,omitempty"` // they should speak, besides Mandarin
	}
	// Unattended says that nobody was there to take a conversation that was handed over.
	Unattended struct {
		Reason string `json:"reason,omitempty"` // closed, full, nobody, timed_out
	}
	// Ended closes the log.
	Ended struct {
		By     string `json:"by"` // caller, system, network
		Reason string `json:"reason,omitempty"`
	}
)

func (Started) Kind() string    { return "started" }
func (Heard) Kind() string      { return "heard" }
func (KeyPressed) Kind() string { return "key" }
func (Decided) Kind() string    { return "decided" }
func (Said) Kind() string       { return "said" }
func (Attached) Kind() string   { return "attached" }
func (TurnTraced) Kind() string { return "trace" }
func (Degraded) Kind() string   { return "degraded" }
func (HandedOver) Kind() string { return "handed_over" }
func (Unattended) Kind() string { return "unattended" }
func (Unheard) Kind() string    { return "unheard" }
func (Silent) Kind() string     { return "silent" }
func (LookedUp) Kind() string   { return "looked_up" }
func (Filed) Kind() string      { return "filed" }
func (Ended) Kind() string      { return "ended" }

// eventBodies maps each kind to a decoder of its body.
var eventBodies = map[string]func(json.RawMessage) (EventBody, error){
	Started{}.Kind():    decodeBody[Started],
	Heard{}.Kind():      decodeBody[Heard],
	KeyPressed{}.Kind(): decodeBody[KeyPressed],
	Decided{}.Kind():    decodeBody[Decided],
	Said{}.Kind():       decodeBody[Said],
	Attached{}.Kind():   decodeBody[Attached],
	TurnTraced{}.Kind(): decodeBody[TurnTraced],
	Degraded{}.Kind():   decodeBody[Degraded],
	HandedOver{}.Kind(): decodeBody[HandedOver],
	Unattended{}.Kind(): decodeBody[Unattended],
	Unheard{}.Kind():    decodeBody[Unheard],
	Silent{}.Kind():     decodeBody[Silent],
	LookedUp{}.Kind():   decodeBody[LookedUp],
	Filed{}.Kind():      decodeBody[Filed],
	Ended{}.Kind():      decodeBody[Ended],
	Waiting{}.Kind():    decodeBody[Waiting],
	Offered{}.Kind():    decodeBody[Offered],
	OfferEnded{}.Kind(): decodeBody[OfferEnded],
	Joined{}.Kind():     decodeBody[Joined],
	Left{}.Kind():       decodeBody[Left],
	Uttered{}.Kind():    decodeBody[Uttered],
	Held{}.Kind():       decodeBody[Held],
	Noted{}.Kind():      decodeBody[Noted],
	Returned{}.Kind():   decodeBody[Returned],
	Rated{}.Kind():      decodeBody[Rated],
}

func decodeBody[T EventBody](raw json.RawMessage) (EventBody, error) {
	var body T
	err := json.Unmarshal(raw, &body)
	return body, err
}

type eventJSON struct {
	Conversation ConversationID  `json:"conversation"`
	Seq          uint64          `json:"seq"`
	At           time.Time       `json:"at"`
	Kind         string          `json:"kind"`
	Body         json.RawMessage `json:"body"`
}

// MarshalJSON writes the event with its kind beside its body.
func (e Event) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encode %s event: %w", e.Body.Kind(), err)
	}
	return json.Marshal(eventJSON{e.Conversation, e.Seq, e.At, e.Body.Kind(), body})
}

// UnmarshalJSON reads what MarshalJSON wrote. An unknown kind is an error that names it.
func (e *Event) UnmarshalJSON(data []byte) error {
	var in eventJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("decode event: %w", err)
	}
	decode, ok := eventBodies[in.Kind]
	if !ok {
		return fmt.Errorf("decode event %d: unknown kind %q", in.Seq, in.Kind)
	}
	body, err := decode(in.Body)
	if err != nil {
		return fmt.Errorf("decode %s event %d: %w", in.Kind, in.Seq, err)
	}
	*e = Event{in.Conversation, in.Seq, in.At, body}
	return nil
}
