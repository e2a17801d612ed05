package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
)

var errorModel = reflect.TypeFor[huma.ErrorModel]()

// Event is an entry of a conversation's log.
type Event struct{ hotline.Event }

func eventsOf(who identity, list []hotline.Event) []Event {
	out := make([]Event, len(list))
	for i, e := range list {
		out[i] = who.sees(e)
	}
	return out
}

// sees returns an event as somebody may see it: systems and people of the hotline all of it, visitors not what our side made of
// what they said. The event itself stays, so that numbers have no gaps.
func (i identity) sees(e hotline.Event) Event {
	if i.inside() {
		return Event{e}
	}
	switch b := e.Body.(type) {
	case hotline.Decided:
		e.Body = hotline.Decided{Turn: b.Turn, What: b.What}
	case hotline.LookedUp:
		e.Body = hotline.LookedUp{Errand: b.Errand}
	case hotline.Filed:
		e.Body = hotline.Filed{Errand: b.Errand, What: b.What, Number: b.Number, Failed: b.Failed}
	case hotline.HandedOver:
		e.Body = hotline.HandedOver{Queue: b.Queue, Reason: b.Reason}
	case hotline.Degraded:
		e.Body = hotline.Degraded{Stage: b.Stage}
	default:
		e.Body = ofPeople(e.Body)
	}
	return Event{e}
}

// ofPeople is what a visitor is told of people: what they say and what they are called, not who they are, why
// somebody did not come, who listens, or what they note among themselves.
func ofPeople(body hotline.EventBody) hotline.EventBody {
	const somebody = "agent"
	switch b := body.(type) {
	case hotline.Offered:
		return hotline.Offered{Party: somebody}
	case hotline.OfferEnded:
		return hotline.OfferEnded{Party: somebody, Reason: "no_answer"}
	case hotline.Joined:
		if b.Role == "supervisor" {
			return hotline.Decided{What: "keep"}
		}
		return hotline.Joined{Party: somebody, Name: b.Name, Role: b.Role}
	case hotline.Left:
		if b.Role == "supervisor" {
			return hotline.Decided{What: "keep"}
		}
		return hotline.Left{Party: somebody, Role: b.Role}
	case hotline.Uttered:
		return hotline.Uttered{Party: somebody, Role: b.Role, Text: b.Text, SpeechMS: b.SpeechMS}
	case hotline.Held:
		return hotline.Held{Party: somebody, On: b.On}
	case hotline.Noted:
		return hotline.Decided{What: "keep"}
	case hotline.Returned:
		return hotline.Returned{Reason: b.Reason}
	case hotline.Waiting:
		return hotline.Waiting{Position: b.Position, WaitMS: b.WaitMS}
	case hotline.Rated:
		return hotline.Rated{Grade: b.Grade, How: b.How}
	}
	return body
}

// MarshalJSON writes the event as it stands in the log.
func (e Event) MarshalJSON() ([]byte, error) { return e.Event.MarshalJSON() }

// Schema describes it.
func (Event) Schema(r huma.Registry) *huma.Schema {
	const name = "Event"
	if _, known := r.Map()[name]; !known {
		r.Map()[name] = eventSchema()
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

func eventSchema() *huma.Schema {
	one := 1.0
	return &huma.Schema{
		Type:     huma.TypeObject,
		Required: []string{"conversation", "seq", "at", "kind", "body"},
		Properties: map[string]*huma.Schema{
			"conversation": {Type: huma.TypeString},
			"seq":          {Type: huma.TypeInteger, Minimum: &one, Description: "Counts the events of the conversation without gaps."},
			"at":           {Type: huma.TypeString, Format: "date-time"},
			"kind":         {Type: huma.TypeString, Description: "started, heard, decided, said, attached, handed_over, degraded, ended; others may come and are to be ignored."},
			"body": {Type: huma.TypeObject, AdditionalProperties: true, Description: "By kind. heard: turn, text (as read), raw (as typed, when that differs). " +
				"said: text (line breaks, lists of “• ” and http(s) links may be in it), choices (short answers to tap). " +
				"attached: id, name, type, size. handed_over: queue, reason. ended: by (caller, system), reason."},
		},
	}
}
