namespace Goterra.Tests.Contract.Differential;

internal sealed record FindNamespaceEpoch(int Namespace) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var name = session.Names.Namespace(Namespace);
        return await session.Store.Namespaces.FindEpochAsync(name, cancellationToken) is { } epoch
            ? session.Learn(name, epoch)
            : null;
    }
}

internal sealed record OpenNamespace(int Namespace) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var name = session.Names.Namespace(Namespace);
        return session.Learn(name, await session.Store.Namespaces.GetOrCreateEpochAsync(name, cancellationToken));
    }
}

internal sealed record RevokeNamespace(int Namespace) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var name = session.Names.Namespace(Namespace);
        return session.Learn(name, await session.Store.Namespaces.RevokeAsync(name, cancellationToken));
    }
}

/// <param name="Back">0 for the current epoch, 1 for the one before it, which must change nothing.</param>
internal sealed record BringNamespaceEpoch(int Namespace, int Back, int Deployment) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var name = session.Names.Namespace(Namespace);
        if (session.NamespaceEpoch(name, Back) is { } epoch)
            await session.Store.Namespaces.PropagateEpochAsync(
                name, epoch, session.Deployment(Deployment).Id, cancellationToken);
        return null;
    }
}
