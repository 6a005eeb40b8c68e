using System.Runtime.CompilerServices;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Services;

/// <summary>
/// The values of a listing, loaded page by page: a page is in memory at a time. Each page is as current as its read; a
/// key that was removed since the listing is left out.
/// </summary>
public sealed class ListedValues
{
    private const long PageBytes = 4_000_000;
    private const int PageKeys = 1_000;

    private readonly IDeploymentRepository _repository;
    private readonly DeploymentId _id;
    private readonly IReadOnlyList<ListedValue> _first;
    private readonly IReadOnlyList<KeyInfo> _rest;

    private Caller? _caller;

    private ListedValues(
        IDeploymentRepository repository, DeploymentId id, IReadOnlyList<ListedValue> first,
        IReadOnlyList<KeyInfo> rest) =>
        (_repository, _id, _first, _rest) = (repository, id, first, rest);

    /// <summary>The number of values, if none is removed until it is loaded.</summary>
    public int Count => _first.Count + _rest.Count;

    /// <summary>Loads the first page.</summary>
    /// <returns>Null if the deployment no longer exists.</returns>
    internal static async Task<ListedValues?> LoadAsync(
        IDeploymentRepository repository, DeploymentListing listing, CancellationToken cancellationToken)
    {
        var (id, page) = (listing.Deployment.Id, NextPage(listing.Keys, 0));
        return await LoadPageAsync(repository, id, page, cancellationToken) is { } first
            ? new ListedValues(repository, id, first, [.. listing.Keys.Skip(page.Count)])
            : null;
    }

    /// <summary>The values for a caller, with tags as it may see them.</summary>
    internal ListedValues For(Caller caller) => new(_repository, _id, _first, _rest) { _caller = caller };

    /// <exception cref="StoreUnavailableException">
    /// A later page cannot be loaded, or no longer be read by the caller.
    /// </exception>
    public async IAsyncEnumerable<ListedValue> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var value in _first)
            yield return Show(value);

        for (var read = 0; read < _rest.Count;)
        {
            var page = NextPage(_rest, read);
            read += page.Count;
            foreach (var value in await LoadNextAsync(page, cancellationToken)
                ?? throw new StoreUnavailableException(
                    "The deployment or the credential ended while the values were listed."))
                yield return Show(value);
        }
    }

    // A slow client may take minutes to read a page.
    private async Task<IReadOnlyList<ListedValue>?> LoadNextAsync(
        List<KeyInfo> page, CancellationToken cancellationToken) =>
        _caller is not null
        && DeploymentHead.Deny(await _repository.FindAsync(_id, cancellationToken), _caller) is not null
            ? null
            : await LoadPageAsync(_repository, _id, page, cancellationToken);

    private ListedValue Show(ListedValue value) => _caller is null
        ? value
        : value with { Key = value.Key.For(_caller) };

    private static List<KeyInfo> NextPage(IReadOnlyList<KeyInfo> keys, int start)
    {
        var (end, bytes) = (start, 0L);
        while (end < keys.Count && end - start < PageKeys && (bytes += keys[end].Size) <= PageBytes)
            end++;
        return [.. keys.Skip(start).Take(Math.Max(end - start, 1))];
    }

    private static async Task<IReadOnlyList<ListedValue>?> LoadPageAsync(
        IDeploymentRepository repository, DeploymentId id, List<KeyInfo> page,
        CancellationToken cancellationToken)
    {
        if (await repository.LoadAsync(id, page, cancellationToken) is not { } loaded)
            return null;

        var values = new List<ListedValue>(page.Count);
        foreach (var key in page)
        {
            if (loaded.TryGetValue(key.Key, out var value))
            {
                var writer = value.Tag == key.Tag ? key.OpenWriter : null;
                values.Add(new ListedValue(
                    key with { Size = value.Bytes.Length, Tag = value.Tag, OpenWriter = writer }, value));
            }
        }

        return values;
    }
}

/// <summary>A value, with its key as of the time it was loaded.</summary>
public readonly record struct ListedValue(KeyInfo Key, StoredValue Value);
