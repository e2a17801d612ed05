package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline/desk"
)

// DeskTarget is somebody whom an agent can ring or give a conversation to.
type DeskTarget struct {
	Kind   string     `json:"kind" enum:"agent,queue,external,service"`
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	State  desk.State `json:"state,omitempty" doc:"Of an agent."`
	Number string     `json:"number,omitempty"`
	Open   bool       `json:"open,omitempty" doc:"Of a queue."`
}

type targetsOutput struct {
	Body struct {
		Items []DeskTarget `json:"items" nullable:"false" doc:"At most 200, agents who are ready first."`
	}
}

type knowledgeInput struct {
	Words string `query:"q" required:"true" minLength:"1" maxLength:"200"`
	Limit int    `query:"limit" minimum:"1" maximum:"20" default:"8"`
}

type suggestionsOutput struct {
	Body struct {
		Items []Suggestion `json:"items" nullable:"false"`
	}
}

const mostTargets = 200

func (a *API) deskTargets() {
	huma.Register(a.huma, a.operation("list-targets", http.MethodGet, "/desk/targets", "可转接的对象 Whom I can ring", needAgent), func(ctx context.Context, in *struct {
		Words string `query:"q" maxLength:"64" doc:"Part of a name, a number or an id."`
	}) (*targetsOutput, error) {
		list, err := a.office.targets(ctx, me(ctx), in.Words)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &targetsOutput{}
		out.Body.Items = list
		return out, nil
	})
	huma.Register(a.huma, a.operation("search-knowledge", http.MethodGet, "/desk/knowledge", "查知识库 Look something up", needAgent), func(ctx context.Context, in *knowledgeInput) (*suggestionsOutput, error) {
		out := &suggestionsOutput{}
		select {
		case a.office.turn <- struct{}{}:
			defer func() { <-a.office.turn }()
		case <-ctx.Done():
			return nil, a.failed(ctx, ctx.Err())
		}
		out.Body.Items = a.office.shelf.search(in.Words, in.Limit)
		return out, nil
	})
}

func (o *office) targets(ctx context.Context, agent, words string) ([]DeskTarget, error) {
	board, err := o.board.get(ctx)
	if err != nil {
		return nil, err
	}
	var ready, staff, rest []DeskTarget
	for _, row := range board.Agents {
		t := DeskTarget{Kind: "agent", ID: row.Agent.ID, Name: row.Agent.Name, State: row.Presence.State, Number: row.Agent.Number}
		switch {
		case t.ID == agent || t.State == desk.Offline:
		case t.State == desk.Ready:
			ready = append(ready, t)
		default:
			staff = append(staff, t)
		}
	}
	for _, q := range board.Queues {
		rest = append(rest, DeskTarget{Kind: "queue", ID: q.ID, Name: q.Name, Open: q.Open})
	}
	for kind, list := range [][]Outside{o.Services, o.External} {
		for _, out := range list {
			rest = append(rest, DeskTarget{Kind: []string{"service", "external"}[kind], ID: out.ID, Name: out.Name, Number: cmp.Or(out.Number, out.ID)})
		}
	}
	found := []DeskTarget{}
	for _, t := range append(append(ready, staff...), rest...) {
		text := strings.ToLower(t.ID + "\n" + t.Name + "\n" + t.Number)
		if strings.Contains(text, strings.ToLower(words)) && len(found) < mostTargets {
			found = append(found, t)
		}
	}
	return found, nil
}
