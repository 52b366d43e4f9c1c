"""Reads that need no model instances, and writes as REST framework has them."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from django.http import Http404, HttpResponse
from rest_framework import mixins, viewsets
from rest_framework.request import Request

from app.core import response_cache
from app.core.filters import FilterSet
from app.core.listing import Listing, Rows
from app.core.pagination import Pagination
from app.core.serializers import Shape, shape_of
from app.core.statements import Bind, Statement, kept

M = TypeVar("M", bound=Model)


class ReadOnlyModelViewSet(viewsets.ReadOnlyModelViewSet[M]):
    """Answers from rows where the serializer's fields are plain, by SQL that is built once.

    For a read, get_queryset() must depend on nothing of the request but its action, and decide
    alone what is seen: permissions are not asked about each object. What else it depends on, such
    as who asks, it has a Bind for.
    """

    filterset_class: ClassVar[type[FilterSet]]
    cached_on: ClassVar[Sequence[type[Model]]] = []
    """The models whose rows an answer is made of, if it is the same for all who may have it."""

    @classmethod
    def get_extra_actions(cls) -> list[Any]:
        # REST framework's looks at each attribute through its descriptor. That of `schema` imports
        # drf-spectacular, which no cold start has a use for.
        members = {
            name: member for base in cls.__mro__[::-1] for name, member in vars(base).items()
        }
        return [member for member in members.values() if hasattr(member, "mapping")]

    def binds(self) -> dict[str, Any]:
        """Answer the values of the Binds in get_queryset(), by their names."""
        return {}

    def complete(self, rows: Rows) -> None:
        """Add what the serializer's Meta names as `derived`, to all of the rows at once."""

    # Answers that are bytes already need no REST framework's Response.

    def list(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return response_cache.answer(request, self.cached_on, self._list)

    def retrieve(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return response_cache.answer(request, self.cached_on, self._retrieve)

    def _list(self) -> Any:
        if isinstance(self.paginator, Pagination):
            answer = self.paginator.answer(self._listing(), self.request)
            self.complete(answer["results"])
            return answer
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        return self.get_paginated_response(self.get_serializer(page, many=True).data).data

    def _listing(self) -> Listing:
        filterset = self.filterset_class.shared()
        values = filterset.clean(self.request.query_params)
        key = filterset.key(values)
        shape = self._shape()
        return Listing(
            lambda chosen: filterset.apply(self.get_queryset(), chosen),
            values=values,
            bound=filterset.bound(values),
            binds=self.binds(),
            key=None if key is None else (type(self), self.action, key),
            shape=shape if shape and shape.columns else None,
            write=lambda instance: self.get_serializer().to_representation(instance),
        )

    def _shape(self) -> Shape | None:
        serializer: Any = self.get_serializer_class()
        return shape_of(serializer)

    def _retrieve(self) -> Any:
        shape = self._shape()
        if shape is None or not shape.columns:
            return self.get_serializer(self.get_object()).data
        statement = kept((type(self), self.action), lambda: self._one(shape.columns))
        wanted = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        # Beyond 64 bits there is no id, and no number that a database would compare one with.
        is_number = isinstance(wanted, int)
        values = {**self.binds(), "wanted": wanted}
        found = [] if is_number and wanted >= 2**63 else statement.rows(values)
        if not found:
            raise Http404
        rows = shape.of_rows(found)
        self.complete(rows)
        return rows[0]

    def _one(self, columns: Sequence[str]) -> Statement:
        queryset = self.get_queryset()
        options: Any = queryset.model._meta
        field = options.pk if self.lookup_field == "pk" else options.get_field(self.lookup_field)
        found = queryset.filter(**{self.lookup_field: Bind("wanted", field)})
        return Statement(found.order_by().values_list(*columns))


class ModelViewSet(
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    ReadOnlyModelViewSet[M],
):
    """The same, and writes as REST framework has them."""
