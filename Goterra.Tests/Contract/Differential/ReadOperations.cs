using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

internal sealed record Read(int Deployment, string Key) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken) =>
        await session.Store.Repository.ReadAsync(
            session.Deployment(Deployment).Id, ValueKey.Parse(Key), cancellationToken);
}

internal sealed record ListKeys(int Deployment, string Prefix) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken) =>
        await session.Store.Repository.ListAsync(
            session.Deployment(Deployment).Id, Keys.Prefix(Prefix), cancellationToken);
}

/// <summary>The count is compared only after a sweep: before, it may include expired leases.</summary>
internal sealed record CountKeys(int Deployment, string Prefix) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var count = await session.Store.Repository.CountAsync(
            session.Deployment(Deployment).Id, Keys.Prefix(Prefix), cancellationToken);
        return session.IsSwept ? count : count with { Count = -1 };
    }
}

internal sealed record Load(int Deployment, string[] Wanted) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var wanted = Wanted.Distinct().Select(key => new KeyInfo(key, 0, default, default)).ToList();
        var values = await session.Store.Repository.LoadAsync(
            session.Deployment(Deployment).Id, wanted, cancellationToken);
        return values?.OrderBy(
            value => value.Key, StringComparer.Ordinal).Select(value => new { value.Key, value.Value }).ToList();
    }
}
