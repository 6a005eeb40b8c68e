using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Reads all pages. Where a page ends is not compared, because a page may have fewer deployments than requested.
/// </summary>
/// <param name="After">The deployment to start after, which may have ended; null for the first page.</param>
internal sealed record ListByOwner(int Owner, int Limit, int? After) : Operation
{
    public override async Task<object?> RunAsync(
        StoreSession session, CancellationToken cancellationToken) => await Pages.ReadAsync(
        session, After, Limit, page => session.Store.Index.ListByOwnerAsync(
            session.Names.Owner(Owner), page, cancellationToken));
}

/// <inheritdoc cref="ListByOwner"/>
internal sealed record ListByNamespace(int Namespace, int Limit, int? After) : Operation
{
    public override async Task<object?> RunAsync(
        StoreSession session, CancellationToken cancellationToken) => await Pages.ReadAsync(
        session, After, Limit, page => session.Store.Index.ListByNamespaceAsync(
            session.Names.Namespace(Namespace), page, cancellationToken));
}

internal static class Pages
{
    private const int MaxPages = 100;

    public static async Task<IReadOnlyList<DeploymentSummary>> ReadAsync(
        StoreSession session, int? after, int limit, Func<PageRequest, Task<DeploymentPage>> read)
    {
        var found = new List<DeploymentSummary>();
        var cursor = after is { } index && session.Deployment(index) is var first
            ? new PageCursor(first.Created.ToUnixTimeMilliseconds(), first.Id)
            : null;
        for (var pages = 0; pages < MaxPages; pages++)
        {
            var page = await read(new PageRequest(cursor, limit));
            Assert.InRange(page.Deployments.Count, 0, limit);
            found.AddRange(page.Deployments.Select(summary => session.IsSwept ? summary : summary with { Keys = -1 }));
            if (page.Next is null)
                return found;
            cursor = page.Next;
        }

        throw new InvalidOperationException($"There is no last page among {MaxPages}.");
    }
}
