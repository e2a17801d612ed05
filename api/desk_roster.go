package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/roster"
)

// QueueItem is a queue with the version of its last edit.
type QueueItem struct {
	desk.Queue
	Version int `json:"version,omitempty" doc:"0 is a queue that the flows name and nobody has edited."`
}

// AgentItem is an agent with the version of the last edit.
type AgentItem struct {
	desk.Agent
	Version int `json:"version,omitempty" doc:"0 is an agent whom nobody has edited."`
}

// MayRestOn names the version that an edit rests on, when it does on one.
type MayRestOn struct {
	Tag string `header:"If-Match" pattern:"^\"[0-9]{1,9}\"$" doc:"ETag of what the edit rests on; without it the edit takes the place of any."`
}

func (m MayRestOn) version() int {
	n, err := strconv.Atoi(strings.Trim(m.Tag, `"`))
	if err != nil {
		return roster.Any
	}
	return n
}

// QueuePath names the queue of a request.
type QueuePath struct {
	ID string `path:"queue" pattern:"^[a-z0-9_-]{1,64}$"`
}

type queuesOutput struct {
	Body struct {
		Items []QueueItem `json:"items" nullable:"false"`
	}
}

type agentsOutput struct {
	Body struct {
		Items []AgentItem `json:"items" nullable:"false"`
	}
}

type queueOutput struct {
	ETag string `header:"ETag"`
	Body QueueItem
}

type agentOutput struct {
	ETag string `header:"ETag"`
	Body AgentItem
}

type calendarOutput struct {
	ETag string `header:"ETag"`
	Body desk.Calendar
}

// Name is what an ID stands for.
type Name struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Number string `json:"number,omitempty" doc:"Of an agent (工号)."`
}

type namesOutput struct {
	Body struct {
		Queues []Name `json:"queues" nullable:"false"`
		Agents []Name `json:"agents" nullable:"false"`
	}
}

// names are those of the roster.
func names(by desk.Roster) *namesOutput {
	out := &namesOutput{}
	out.Body.Queues, out.Body.Agents = make([]Name, len(by.Queues)), make([]Name, len(by.Agents))
	for i, q := range by.Queues {
		out.Body.Queues[i] = Name{ID: q.ID, Name: cmp.Or(q.Name, q.ID)}
	}
	for i, g := range by.Agents {
		out.Body.Agents[i] = Name{g.ID, cmp.Or(g.Name, g.ID), g.Number}
	}
	return out
}

// deskRoster registers what those do who plan the work.
func (a *API) deskRoster() {
	const notFound, conflict = http.StatusNotFound, http.StatusConflict
	const queues, queue, agents, agent, calendar = "/desk/queues", "/desk/queues/{queue}", "/desk/agents", "/desk/agents/{agent}", "/desk/calendar"
	huma.Register(a.huma, a.operation("list-names", http.MethodGet, "/desk/names", "队列和坐席的名称 What queues and agents are called", needNames), func(context.Context, *struct{}) (*namesOutput, error) {
		return names(a.office.Roster.Given()), nil
	})
	huma.Register(a.huma, a.operation("list-queues", http.MethodGet, queues, "队列 Queues", needPlanRead), func(ctx context.Context, _ *struct{}) (*queuesOutput, error) {
		list, err := a.office.Roster.Queues(ctx)
		out := &queuesOutput{}
		out.Body.Items = make([]QueueItem, len(list))
		for i, q := range list {
			out.Body.Items[i] = QueueItem{q.Value, q.Version}
		}
		return out, a.failedOrNil(ctx, err)
	})
	huma.Register(a.huma, a.operation("get-queue", http.MethodGet, queue, "队列 A queue", needPlanRead, notFound), func(ctx context.Context, in *QueuePath) (*queueOutput, error) {
		list, err := a.office.Roster.Queues(ctx)
		for _, q := range list {
			if q.Value.ID == in.ID {
				return &queueOutput{etag(q.Version), QueueItem{q.Value, q.Version}}, nil
			}
		}
		return nil, a.failed(ctx, orMissing(err, "没有队列 no queue %s", in.ID))
	})
	put := a.operation("put-queue", http.MethodPut, queue, "设置队列 Make or change a queue", needPlan, conflict)
	put.Description = "In force with the answer. Fields that are left out or 0 have the values that docs/desk.md names. What would not fit changes nothing."
	huma.Register(a.huma, put, func(ctx context.Context, in *struct {
		QueuePath
		MayRestOn
		Body QueueItem
	}) (*queueOutput, error) {
		q := in.Body.Queue
		if q.ID != in.ID {
			return nil, a.failed(ctx, hotline.Errorf("edit roster", hotline.CodeInvalid, "id 与地址不符 the id is not that of the address"))
		}
		kept, err := a.office.Roster.PutQueue(ctx, q, in.version(), callerOf(ctx).actor())
		if err == nil {
			err = a.office.retold(ctx)
		}
		return &queueOutput{etag(kept.Version), QueueItem{kept.Value, kept.Version}}, a.failedOrNil(ctx, err)
	})
	drop := a.operation("delete-queue", http.MethodDelete, queue, "删除队列 Remove a queue", needPlan, notFound, conflict)
	drop.Description = "Who waits in it is told that it is closed. One that the flows name is as nobody had edited it."
	huma.Register(a.huma, drop, func(ctx context.Context, in *QueuePath) (*struct{}, error) {
		err := a.office.Roster.DropQueue(ctx, in.ID, callerOf(ctx).actor())
		if err == nil {
			err = a.office.retold(ctx)
		}
		return nil, a.failedOrNil(ctx, err)
	})
	huma.Register(a.huma, a.operation("list-agents", http.MethodGet, agents, "坐席 Agents", needPlanRead), func(ctx context.Context, _ *struct{}) (*agentsOutput, error) {
		list, err := a.office.Roster.Agents(ctx)
		out := &agentsOutput{}
		out.Body.Items = make([]AgentItem, len(list))
		for i, g := range list {
			out.Body.Items[i] = AgentItem{g.Value, g.Version}
		}
		return out, a.failedOrNil(ctx, err)
	})
	huma.Register(a.huma, a.operation("get-agent", http.MethodGet, agent, "坐席 An agent", needPlanRead, notFound), func(ctx context.Context, in *AgentPath) (*agentOutput, error) {
		list, err := a.office.Roster.Agents(ctx)
		for _, g := range list {
			if g.Value.ID == in.ID {
				return &agentOutput{etag(g.Version), AgentItem{g.Value, g.Version}}, nil
			}
		}
		return nil, a.failed(ctx, orMissing(err, "没有坐席 no agent %s", in.ID))
	})
	putAgent := a.operation("put-agent", http.MethodPut, agent, "设置坐席 Change an agent", needPlan, notFound, conflict)
	putAgent.Description = "Queues, skills, languages, chats, number and device. Name and supervision are those of the user."
	huma.Register(a.huma, putAgent, func(ctx context.Context, in *struct {
		AgentPath
		MayRestOn
		Body AgentItem
	}) (*agentOutput, error) {
		g := in.Body.Agent
		g.ID = in.ID
		kept, err := a.office.Roster.PutAgent(ctx, g, in.version(), callerOf(ctx).actor())
		if err == nil {
			err = a.office.retold(ctx)
		}
		return &agentOutput{etag(kept.Version), AgentItem{kept.Value, kept.Version}}, a.failedOrNil(ctx, err)
	})
	huma.Register(a.huma, a.operation("get-calendar", http.MethodGet, calendar, "工作日历 Days of rest and work", needPlanRead), func(ctx context.Context, _ *struct{}) (*calendarOutput, error) {
		c, err := a.office.Roster.Calendar(ctx)
		return &calendarOutput{etag(c.Version), c.Value}, a.failedOrNil(ctx, err)
	})
	putCalendar := a.operation("put-calendar", http.MethodPut, calendar, "设置工作日历 Change days of rest and work", needPlan, conflict)
	putCalendar.Description = "Years that are left out are as the State Council has laid them down."
	huma.Register(a.huma, putCalendar, func(ctx context.Context, in *struct {
		MayRestOn
		Body desk.Calendar
	}) (*calendarOutput, error) {
		kept, err := a.office.Roster.PutCalendar(ctx, in.Body, in.version(), callerOf(ctx).actor())
		if err == nil {
			err = a.office.retold(ctx)
		}
		return &calendarOutput{etag(kept.Version), kept.Value}, a.failedOrNil(ctx, err)
	})
	for _, op := range []huma.Operation{put, putAgent, putCalendar} {
		a.withoutNull(op)
	}
}

// withoutNull says of lists in the body of an operation that null is none of them.
func (a *API) withoutNull(op huma.Operation) {
	var walk func(s *huma.Schema)
	seen := map[*huma.Schema]bool{}
	walk = func(s *huma.Schema) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		if s.Ref != "" {
			walk(a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref))
			return
		}
		if s.Type == huma.TypeArray {
			s.Nullable = false
		}
		walk(s.Items)
		for _, p := range s.Properties {
			walk(p)
		}
		if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
			walk(values)
		}
	}
	walk(a.huma.OpenAPI().Paths[op.Path].Put.RequestBody.Content["application/json"].Schema)
}

func orMissing(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return hotline.Errorf("read roster", hotline.CodeNotFound, format, args...)
}
