using System.Diagnostics.CodeAnalysis;
using Goterra.Api.Access;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Tokens;

/// <summary>Tickets: for user-data, where a token would be read by too many.</summary>
[ApiController]
[DeploymentScoped]
[Route("/store/{id}")]
[Tags("Access")]
public sealed class TicketsController(TicketService tickets, PublicUrl url) : ControllerBase
{
    private const string Refused = "This ticket can't be redeemed: it is unknown, over, revoked, or another machine has redeemed it.";

    /// <summary>Make a ticket for one machine</summary>
    /// <remarks>
    /// The first machine that redeems it gets a token with this scope, and may come again until the ticket ends; any other is refused, and its try is shown among the
    /// deployment's security events. For full credentials only.
    /// </remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">For which machine, and what it shall open.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The ticket. It is shown this once.</response>
    [HttpPost("tickets")]
    [ProducesResponseType<TicketResponse>(200)]
    [ProducesProblem(400, 401, 403, 404, 410, 413, 429, 503, 507)]
    public async Task<ActionResult<TicketResponse>> Make([FromRequest] Caller caller, [FromBody] TicketRequest request, CancellationToken cancellationToken)
    {
        TimeSpan? lifetime = Duration.TryParse(request.Ttl, out var ttl) ? ttl : null;
        var (outcome, ticket) = await tickets.MakeAsync(
            caller, request.Name ?? "unnamed", request.ToScope(), lifetime, ClientAddress.Of(HttpContext), cancellationToken);
        return ticket is null ? OutcomeProblems.For(outcome) : TicketResponse.From(ticket);
    }

    /// <summary>Trade a ticket for a token</summary>
    /// <remarks>
    /// Needs no other credential. <c>machine</c> is random, made by the machine itself at first use and kept: whoever redeems the ticket again must show the same. A ticket that
    /// is unknown, over, revoked or another machine's is 410, and nobody is told which.
    /// </remarks>
    /// <param name="id">The deployment: the ticket's part before the dot.</param>
    /// <param name="request">The ticket, and who redeems it.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The token. It is shown this once.</response>
    /// <response code="410">The ticket can't be redeemed.</response>
    [HttpPost("redeem")]
    [NeedsNoCredential]
    [ProducesResponseType<TokenResponse>(200)]
    [ProducesProblem(400, 410, 429, 503, 507)]
    [SuppressMessage("Naming", "CA1720", Justification = "The route names it so.")]
    public async Task<ActionResult<TokenResponse>> Redeem([FromRoute] string id, [FromBody] RedeemRequest request, CancellationToken cancellationToken)
    {
        var issued = DeploymentId.TryParse(id, out var deployment)
            ? await tickets.RedeemAsync(deployment, request.Ticket!, request.Machine!, ClientAddress.Of(HttpContext), cancellationToken)
            : null;
        return issued is null ? new ProblemResult(ProblemBody.Of(410, Refused)) : TokenResponse.From(issued, url.For(HttpContext));
    }
}
