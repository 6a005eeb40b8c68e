using System.Diagnostics.Metrics;

namespace Goterra.Api.Errors;

/// <summary>Counts refused requests.</summary>
internal sealed class RefusalMetrics
{
    private readonly Counter<long> _limits;
    private readonly Counter<long> _credentials;

    public RefusalMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("Goterra");
        _limits = meter.CreateCounter<long>(
            "goterra.requests.limited", "{request}", "Requests refused because of a limit, by its name.");
        _credentials = meter.CreateCounter<long>(
            "goterra.credentials.refused", "{request}",
            "Requests whose credential is missing, wrong or expired (401), or does not allow them (403).");
    }

    public void Count(ProblemBody problem)
    {
        if (problem.Limit is { } limit)
            _limits.Add(1, new KeyValuePair<string, object?>("limit", limit));
        if (problem.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
            _credentials.Add(1, new KeyValuePair<string, object?>("status", problem.Status));
    }
}
